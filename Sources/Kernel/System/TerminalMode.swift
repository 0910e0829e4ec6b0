internal import CLinux
internal import Glibc

/// How the terminal behind standard input hands over what is typed (termios(3)).
///
/// Whatever ends or stops the process puts the terminal back first, signals included; a process
/// that goes on after a stop takes its mode up again.
package enum TerminalMode: Hashable, Sendable {
  /// Lines, edited and echoed by the kernel; the key ends a line as well, so that it is noticed at
  /// once.
  case lines(endedBy: UInt8?)
  /// Every key as it is typed: no echo, no signals. Output is processed as before.
  case raw

  /// Remembers the present mode of standard input.
  ///
  /// - Returns: whether it is a terminal.
  package static func keep() -> Bool {
    clinux_terminal_keep(STDIN_FILENO) == 0
  }

  /// Puts the terminal into this mode; `keep` came before.
  ///
  /// - Returns: whether the terminal took it.
  @discardableResult
  package func enter() -> Bool {
    switch self {
    case .lines(let key): clinux_terminal_change(0, key ?? 0) == 0
    case .raw: clinux_terminal_change(1, 0) == 0
    }
  }

  /// Puts back what `keep` remembered; nothing happens if it was not called.
  package static func restore() {
    clinux_terminal_restore()
  }

  /// Stops the process as Ctrl-Z does, until it is continued; the terminal is as before meanwhile.
  package static func suspend() {
    _ = Glibc.raise(SIGTSTP)
  }
}
