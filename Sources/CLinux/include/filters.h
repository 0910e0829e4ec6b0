#pragma once
#include <stdint.h>

/// Opens the cgroup2 directory whose inode is `identifier`, on the file system of `mount`
/// (open_by_handle_at(2), CAP_DAC_READ_SEARCH). Returns a descriptor, or -1 and errno.
int reach_open_cgroup(int mount, uint64_t identifier);

/// bpf(2) BPF_PROG_QUERY: how many programs of `attach_type` act on what `descriptor` names.
/// `effective` counts those inherited from parents too. Returns -1 and errno on failure.
int reach_count_cgroup_programs(int descriptor, uint32_t attach_type, int effective,
                                uint32_t *count);
