#pragma once
#include <stdint.h>

/// setns(2) with CLONE_NEWNET: moves the calling thread into the network namespace of `descriptor`.
int reach_enter_network_namespace(int descriptor);

/// unshare(2) with CLONE_NEWNET: moves the calling thread into a fresh network namespace. Like
/// `reach_enter_network_namespace` for a thread that ends afterwards.
int reach_unshare_network(void);

/// unshare(2) with CLONE_NEWUSER: moves the process, which must have one thread only, into a fresh
/// user namespace in which its user is root. Returns -1 and errno on failure.
int reach_become_root_of_user_namespace(void);
