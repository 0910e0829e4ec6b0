internal import CLinux
internal import Glibc
package import Model

/// Standard output and standard error.
package enum StandardStream: Int32, Sendable {
  case output = 1
  case error = 2

  /// Whether it is a terminal (isatty(3)).
  package var isTerminal: Bool { isatty(rawValue) == 1 }

  /// Columns of the terminal behind it; `nil` if there is none.
  package var columns: Int? {
    let columns = clinux_terminal_columns(rawValue)
    return columns > 0 ? Int(columns) : nil
  }

  /// Writes everything.
  ///
  /// - Returns: why it could not be written, `nil` if it was. `.brokenPipe` means that the reader
  ///   has gone, as `head` does when it has seen enough.
  package func failureWriting(_ bytes: [UInt8]) -> ErrorNumber? {
    Self.failureWriting(bytes, to: rawValue)
  }

  static func failureWriting(_ bytes: [UInt8], to descriptor: Int32) -> ErrorNumber? {
    var done = 0
    while done < bytes.count {
      let rest = bytes[done...]
      // Safe: the buffer is only read, within the closure.
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count > 0 {
        done += count
        continue
      }
      let error = currentError()
      if count == 0 || error != .interrupted { return error }
    }
    return nil
  }

  /// Writes everything, for those who have nobody left to tell of a failure.
  ///
  /// - Returns: whether it was written.
  @discardableResult
  package func write(_ bytes: [UInt8]) -> Bool { failureWriting(bytes) == nil }

  @discardableResult
  package func write(_ text: String) -> Bool { write(Array(text.utf8)) }
}

/// The process that we are.
package enum CurrentProcess {
  /// The words after the program's name. They are there without /proc too, which
  /// `CommandLine.arguments` needs.
  package static var arguments: [String] {
    var words: [String] = []
    // Safe: argv lives as long as the process, nobody here changes it, and a null pointer ends it.
    unsafe clinux_arguments().map { list in
      var next = unsafe list
      while let word = unsafe next.pointee {
        words.append(unsafe String(cString: word))
        unsafe next += 1
      }
    }
    return Array(words.dropFirst())
  }

  /// An environment variable, `nil` if it is not set.
  package static func environment(_ name: String) -> String? {
    // Safe: the value is copied at once; nobody here changes the environment.
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// The process id.
  package static var identifier: Int32 { getpid() }
  package static var effectiveUserID: UInt32 { geteuid() }
  package static var effectiveGroupID: UInt32 { getegid() }

  /// Ends the process without running anything else.
  package static func exit(_ status: Int32) -> Never { Glibc.exit(status) }

  /// Waits.
  package static func sleep(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    // Safe: the structure outlives the call.
    _ = unsafe nanosleep(&time, nil)
  }
}
