#define _GNU_SOURCE
#include "sockets.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int reach_connect_local(int descriptor, const char *path, size_t length) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (length == 0 || length >= sizeof address.sun_path) {
    errno = length == 0 ? ENOENT : ENAMETOOLONG;
    return -1;
  }
  memcpy(address.sun_path, path, length);
  int is_abstract = path[0] == '@';
  if (is_abstract) address.sun_path[0] = 0;
  socklen_t size = offsetof(struct sockaddr_un, sun_path) + length + (is_abstract ? 0 : 1);
  return connect(descriptor, (const struct sockaddr *)&address, size);
}

int reach_name_local(int descriptor) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  return bind(descriptor, (const struct sockaddr *)&address, sizeof address.sun_family);
}

int reach_accept(int descriptor, void *name, unsigned *length) {
  return accept4(descriptor, name, length, SOCK_CLOEXEC | SOCK_NONBLOCK);
}
