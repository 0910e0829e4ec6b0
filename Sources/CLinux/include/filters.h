#pragma once
#include <stdint.h>

/// Opens the cgroup2 directory whose inode is `identifier`, on the file system of `mount`
/// (open_by_handle_at(2), CAP_DAC_READ_SEARCH). Returns a descriptor, or -1 and errno.
int reach_open_cgroup(int mount, uint64_t identifier);

/// bpf(2) BPF_PROG_QUERY: how many programs of `attach_type` act on a cgroup's descriptor or a
/// device's index. `effective` counts those inherited from parent cgroups too. Returns -1 and errno
/// on failure.
int reach_count_programs(uint32_t target, uint32_t attach_type, int effective, uint32_t *count);
