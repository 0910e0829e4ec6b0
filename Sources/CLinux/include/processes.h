#pragma once
#include <stddef.h>
#include <stdint.h>

/// Looks for sockets among the descriptors of process `pid`: sets `found[i]` for each of the
/// `count` inodes that it has open. A process that is gone or may not be looked at has none.
void reach_find_sockets(int pid, const uint64_t *inodes, size_t count, uint8_t *found);
