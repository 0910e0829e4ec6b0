#include "terminal.h"

#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios kept;
static struct termios changed;
static volatile sig_atomic_t terminal = -1;
static volatile sig_atomic_t is_changed;

int clinux_terminal_columns(int descriptor) {
  struct winsize size = {0};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void clinux_terminal_restore(void) {
  if (terminal >= 0 && is_changed) tcsetattr(terminal, TCSANOW, &kept);
  is_changed = 0;
}

static void watch(int signal_number);

// tcsetattr, sigaction, raise and sigprocmask are async-signal-safe (signal-safety(7)).
static void restore_and_raise(int signal_number) {
  int was_changed = is_changed;
  clinux_terminal_restore();
  signal(signal_number, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal_number);
  raise(signal_number);
  sigprocmask(SIG_UNBLOCK, &only, NULL);
  // Only a stopped process comes here: it goes on, in the foreground again.
  watch(signal_number);
  if (was_changed && tcsetattr(terminal, TCSANOW, &changed) == 0) is_changed = 1;
}

static void watch(int signal_number) {
  struct sigaction old;
  // What nohup(1) or a shell has ignored stays ignored.
  if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler == SIG_IGN) return;
  struct sigaction action = {.sa_handler = restore_and_raise};
  sigemptyset(&action.sa_mask);
  sigaction(signal_number, &action, NULL);
}

int clinux_terminal_keep(int descriptor) {
  if (tcgetattr(descriptor, &kept) != 0) return -1;
  terminal = descriptor;
  static const int ends[] = {SIGHUP,  SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGALRM, SIGUSR1,
                             SIGUSR2, SIGSEGV, SIGBUS,  SIGILL,  SIGTRAP, SIGABRT, SIGFPE};
  for (size_t place = 0; place < sizeof ends / sizeof ends[0]; place++) watch(ends[place]);
  return 0;
}

int clinux_terminal_change(int raw, unsigned char end) {
  changed = kept;
  if (raw) {
    changed.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | ISTRIP | IXON | PARMRK);
    changed.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    changed.c_cc[VMIN] = 1;
    changed.c_cc[VTIME] = 0;
  } else {
    changed.c_cc[VEOL] = end == 0 ? _POSIX_VDISABLE : end;
  }
  // Set first: a signal between the two calls then restores once too often, not once too seldom.
  is_changed = 1;
  return tcsetattr(terminal, TCSANOW, &changed);
}
