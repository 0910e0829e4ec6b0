#define _GNU_SOURCE
#include "csupport.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

int support_enter_network_namespace(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  int result = setns(file, CLONE_NEWNET);
  int error = errno;
  close(file);
  errno = error;
  return result;
}
