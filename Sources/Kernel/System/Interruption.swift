internal import CLinux

/// SIGINT and SIGTERM as a flag that long work looks at, so that what is known can be printed
/// first.
package enum Interruption {
  /// Starts to catch the signals; a second one ends the process at once. SIGPIPE is ignored.
  package static func watch() {
    clinux_watch_interruption()
  }

  /// Whether a signal came.
  package static var isRequested: Bool { clinux_was_interrupted() != 0 }
}
