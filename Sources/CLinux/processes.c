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

/// Calls `visit` with the inode of every socket that a process has open; -1 if it can't be looked at.
/// readdir(3) would allocate 32 KiB for each process; thousands are visited.
static int each_socket(int pid, void (*visit)(void *context, uint64_t inode), void *context) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return -1;
  _Alignas(struct dirent64) char buffer[4096];
  long length;
  while ((length = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
    for (long position = 0; position < length;) {
      const struct dirent64 *entry = (const struct dirent64 *)(buffer + position);
      position += entry->d_reclen;
      if (entry->d_name[0] == '.') continue;
      uint64_t inode = socket_inode(directory, entry->d_name);
      if (inode != 0) visit(context, inode);
    }
  }
  close(directory);
  return length < 0 ? -1 : 0;
}

struct search {
  const uint64_t *inodes;
  size_t count;
  uint8_t *found;
};

static void compare(void *context, uint64_t inode) {
  const struct search *search = context;
  for (size_t i = 0; i < search->count; i++) {
    if (search->inodes[i] == inode) search->found[i] = 1;
  }
}

void reach_find_sockets(int pid, const uint64_t *inodes, size_t count, uint8_t *found) {
  struct search search = {inodes, count, found};
  each_socket(pid, compare, &search);
}

struct list {
  uint64_t *inodes;
  size_t capacity;
  size_t count;
};

static void append(void *context, uint64_t inode) {
  struct list *list = context;
  if (list->count < list->capacity) list->inodes[list->count] = inode;
  list->count++;
}

long reach_list_sockets(int pid, uint64_t *inodes, size_t capacity) {
  struct list list = {inodes, capacity, 0};
  return each_socket(pid, append, &list) < 0 ? -1 : (long)list.count;
}
