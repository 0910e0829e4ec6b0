#pragma once
#include <stddef.h>

/// connect(2) of the local socket `descriptor` to `path` (unix(7)); `@NAME` stands for the abstract
/// name NAME. Returns -1 and errno on failure, ENAMETOOLONG for a path that does not fit.
int reach_connect_local(int descriptor, const char *path, size_t length);

/// bind(2) of the local socket `descriptor` to a name of the kernel's choice (unix(7), autobind).
/// Returns -1 and errno on failure.
int reach_name_local(int descriptor);

/// accept4(2) with SOCK_CLOEXEC and SOCK_NONBLOCK: `name` takes the peer's address, of `length` bytes
/// at most, which becomes its length. Returns -1 and errno on failure.
int reach_accept(int descriptor, void *name, unsigned *length);
