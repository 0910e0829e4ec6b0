#include "arguments.h"

#include <stddef.h>

static char *none[] = {NULL};
static char **words = none;

// glibc hands main's arguments to constructors too (csu/libc-start.c, call_init).
__attribute__((constructor)) static void keep_arguments(int count, char **arguments) {
  (void)count;
  if (arguments != NULL) words = arguments;
}

char *const *clinux_arguments(void) { return words; }
