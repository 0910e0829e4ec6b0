#define _GNU_SOURCE
#include "filters.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/// FILEID_KERNFS of include/linux/exportfs.h: the handle is the 64-bit kernfs id.
enum { kernfs_handle = 0xfe };

int reach_open_cgroup(int mount, uint64_t identifier) {
  union {
    struct file_handle header;
    char space[sizeof(struct file_handle) + sizeof(uint64_t)];
  } handle;
  memset(&handle, 0, sizeof handle);
  handle.header.handle_bytes = sizeof identifier;
  handle.header.handle_type = kernfs_handle;
  memcpy(handle.space + sizeof(struct file_handle), &identifier, sizeof identifier);
  return open_by_handle_at(mount, &handle.header, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int reach_count_programs(uint32_t target, uint32_t attach_type, int effective, uint32_t *count) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  // The field is a union with target_ifindex, which older headers lack.
  attributes.query.target_fd = target;
  attributes.query.attach_type = attach_type;
  attributes.query.query_flags = effective ? BPF_F_QUERY_EFFECTIVE : 0;
  if (syscall(SYS_bpf, BPF_PROG_QUERY, &attributes, sizeof attributes) != 0) return -1;
  *count = attributes.query.prog_cnt;
  return 0;
}
