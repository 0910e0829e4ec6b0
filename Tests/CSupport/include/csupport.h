#pragma once

/// Moves the calling thread into the network namespace at `path`; 0, or -1 with errno.
int support_enter_network_namespace(const char *path);
