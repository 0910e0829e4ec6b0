#define _GNU_SOURCE
#include "processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/// The inode in `socket:[4242]`, 0 for any other link.
static uint64_t socket_inode(int directory, const char *name) {
  char link[64];
  ssize_t length = readlinkat(directory, name, link, sizeof link - 1);
  if (length <= 0) return 0;
  link[length] = 0;
  return strncmp(link, "socket:[", 8) == 0 ? strtoull(link + 8, NULL, 10) : 0;
}

// readdir(3) would allocate 32 KiB for each process; thousands are visited.
void reach_find_sockets(int pid, const uint64_t *inodes, size_t count, uint8_t *found) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  _Alignas(struct dirent64) char buffer[4096];
  long length;
  while ((length = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
    for (long position = 0; position < length;) {
      const struct dirent64 *entry = (const struct dirent64 *)(buffer + position);
      position += entry->d_reclen;
      if (entry->d_name[0] == '.') continue;
      uint64_t inode = socket_inode(directory, entry->d_name);
      for (size_t i = 0; inode != 0 && i < count; i++) {
        if (inodes[i] == inode) found[i] = 1;
      }
    }
  }
  close(directory);
}
