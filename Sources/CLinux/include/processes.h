#pragma once
#include <stddef.h>
#include <stdint.h>

/// Looks for sockets among the descriptors of process `pid`: sets `found[i]` for each of the
/// `count` inodes that it has open. A process that is gone or may not be looked at has none.
void reach_find_sockets(int pid, const uint64_t *inodes, size_t count, uint8_t *found);

/// Writes the inodes of the sockets that process `pid` has open, at most `capacity`, in the order of
/// its descriptors. Returns how many there are, which may be more; -1 if it may not be looked at or
/// is gone.
long reach_list_sockets(int pid, uint64_t *inodes, size_t capacity);
