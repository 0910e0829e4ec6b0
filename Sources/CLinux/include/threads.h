#pragma once
#include <stddef.h>

/// Runs `body(argument)` on a new thread with a stack of `stack_size` bytes and waits for its end.
/// Returns 0, or an error number if the thread could not be started.
int reach_run_thread(size_t stack_size, void (*body)(void *), void *argument);
