#define _GNU_SOURCE
#include "namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int reach_enter_network_namespace(int descriptor) { return setns(descriptor, CLONE_NEWNET); }

int reach_unshare_network(void) { return unshare(CLONE_NEWNET); }

static int write_file(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return -1;
  ssize_t length = (ssize_t)strlen(text);
  int result = write(file, text, (size_t)length) == length ? 0 : -1;
  close(file);
  return result;
}

static int map_identity(const char *path, unsigned int number) {
  char line[32];
  snprintf(line, sizeof line, "0 %u 1", number);
  return write_file(path, line);
}

int reach_become_root_of_user_namespace(void) {
  unsigned int user = geteuid();
  unsigned int group = getegid();
  // A program with file capabilities owns none of its /proc files until it is dumpable.
  (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  if (unshare(CLONE_NEWUSER) != 0) return -1;
  // Without this the group map is refused (user_namespaces(7)).
  if (write_file("/proc/self/setgroups", "deny") != 0) return -1;
  if (map_identity("/proc/self/uid_map", user) != 0) return -1;
  return map_identity("/proc/self/gid_map", group);
}
