#pragma once

/// Catches SIGINT and SIGTERM once each (the second one kills), and ignores SIGPIPE.
void clinux_watch_interruption(void);

/// Whether one of the signals came.
int clinux_was_interrupted(void);
