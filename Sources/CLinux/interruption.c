#include "interruption.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t interrupted;

static void note(int signal_number) {
  (void)signal_number;
  interrupted = 1;
}

void clinux_watch_interruption(void) {
  // SA_RESETHAND: the second signal has its default effect, so that nothing can hang us.
  struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
}

int clinux_was_interrupted(void) { return interrupted; }
