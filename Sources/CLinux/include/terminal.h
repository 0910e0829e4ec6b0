#pragma once

/// Columns of the terminal behind a descriptor; 0 if there is none (TIOCGWINSZ).
int clinux_terminal_columns(int descriptor);

/// Keeps the modes of the terminal behind `descriptor` (termios(3)) and has every signal that ends or
/// stops the process put them back first; SIGCONT takes the changed ones up again. Returns 0, or -1
/// and errno where there is no terminal.
int clinux_terminal_keep(int descriptor);

/// Changes the kept terminal: `raw` hands over every key as it is typed, without echo and without
/// signals; otherwise lines are edited and echoed as before, and `end` (0: none) ends a line besides
/// the line feed (VEOL). Output processing stays on. Returns 0, or -1 and errno.
int clinux_terminal_change(int raw, unsigned char end);

/// Puts the kept modes back; nothing happens if there are none.
void clinux_terminal_restore(void);
