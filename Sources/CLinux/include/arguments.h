#pragma once

/// The words that the program was started with, ended by a null pointer. Swift's own
/// `CommandLine.arguments` reads /proc/self/cmdline, and has none where /proc is not mounted.
char *const *clinux_arguments(void);
