internal import Glibc

/// A program that runs with a terminal as its standard input, output and error, as a person uses
/// it.
package final class TerminalSession {
  private let own: Int32
  private let child: Int32
  private let pid: pid_t
  private var status: Int32?
  /// What the terminal shows so far.
  package private(set) var shown: [UInt8] = []

  package init(_ words: [String]) throws {
    (child, own) = try Streams.terminal()
    pid = try Command(words).spawn([child, child, child])
    _ = fcntl(own, F_SETFL, O_NONBLOCK)
  }

  deinit {
    if status == nil {
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
    }
    close(child)
    close(own)
  }

  package var text: String { String(decoding: shown, as: UTF8.self) }

  /// Whether lines are edited, whether keys are echoed, and the key that ends a line besides.
  package var modes: (isCanonical: Bool, echoes: Bool, end: UInt8) {
    var modes = termios()
    tcgetattr(child, &modes)
    let end = withUnsafeBytes(of: &modes.c_cc) { $0[Int(VEOL)] }
    return (modes.c_lflag & tcflag_t(ICANON) != 0, modes.c_lflag & tcflag_t(ECHO) != 0, end)
  }

  /// Types keys.
  package func type(_ keys: String) throws {
    let bytes = Array(keys.utf8)
    guard write(own, bytes, bytes.count) == bytes.count else { throw FixtureError(call: "write") }
  }

  package func signal(_ number: Int32) { kill(pid, number) }

  /// Waits until the terminal shows `words`, for half a minute at most.
  package func wait(for words: String) throws {
    for _ in 0..<600 {
      collect()
      if text.contains(words) { return }
      usleep(50_000)
    }
    throw FixtureError("the terminal never showed \"\(words)\", but: \(text)")
  }

  /// Waits until `condition` holds, for half a minute at most.
  package func wait(until condition: () -> Bool) throws {
    for _ in 0..<600 {
      collect()
      if condition() { return }
      usleep(50_000)
    }
    throw FixtureError("it never came to that; the terminal shows: \(text)")
  }

  /// Waits for the program's end: its exit status, or 128 + N after signal N.
  package func end() throws -> Int32 {
    for _ in 0..<600 {
      collect()
      var raw: Int32 = 0
      if waitpid(pid, &raw, WNOHANG) == pid {
        collect()
        let signal = raw & 0x7f
        let found = signal == 0 ? raw >> 8 & 0xff : 128 + signal
        status = found
        return found
      }
      usleep(50_000)
    }
    throw FixtureError("the program does not end; the terminal shows: \(text)")
  }

  private func collect() {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(own, &chunk, chunk.count)
      guard count > 0 else { return }
      shown += chunk.prefix(count)
    }
  }
}
