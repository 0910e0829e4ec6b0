#pragma once
#include <stdint.h>

/// The calling thread's effective capabilities, bit by bit (capabilities(7)); -1 and errno on
/// failure.
int reach_effective_capabilities(uint64_t *set);

/// Empties the permitted, effective, inheritable and ambient sets of the calling thread.
int reach_drop_capabilities(void);
