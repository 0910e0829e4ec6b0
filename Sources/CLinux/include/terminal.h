#pragma once

/// Columns of the terminal behind a descriptor; 0 if there is none (TIOCGWINSZ).
int clinux_terminal_columns(int descriptor);
