internal import Glibc
internal import Model

/// A program that is run to its end, in the calling thread's namespaces.
enum ChildProcess {
  /// The most that is kept of what it says.
  private static let messageLimit = 65_536
  static let directories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"]

  /// Which of its streams is kept; the other is thrown away, and it gets no input.
  enum Stream: Int32 {
    case output = 1
    case error = 2
  }

  /// The path of an installed program; `nil` if there is none.
  static func path(of name: String) -> String? {
    // Safe: `access` only reads the string during the call.
    directories.map { "\($0)/\(name)" }.first { unsafe access($0, X_OK) == 0 }
  }

  /// Runs a program and returns its exit status (128 + N after signal N) and what it wrote.
  ///
  /// - Parameters:
  ///   - words: with the program's name in front.
  ///   - limit: when the time is up it is killed, which is status 137; `nil`: it may take long.
  /// - Throws: `KernelError.call` when it can't be started.
  static func run(
    _ program: String, _ words: [String], keeping stream: Stream, within limit: Duration? = nil
  ) throws(KernelError) -> (status: Int32, text: String) {
    let name = words.first ?? program
    var ends: [Int32] = [-1, -1]
    _ = try systemCall("pipe", "starting \(name)") {
      // Safe: the kernel writes two numbers into the array of two.
      unsafe pipe(&ends)
    }
    // The child gets its end by dup2 below; the ends themselves stay here.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let reading = FileDescriptor(owning: ends[0])
    let child = try spawn(program, words, stream, FileDescriptor(owning: ends[1]))
    let message = read(reading, child, until: limit.map { .now + $0 })
    var status: Int32 = 0
    _ = try systemCall("waitpid", "waiting for \(name)") {
      // Safe: the kernel writes the status during the call.
      unsafe waitpid(child, &status, 0)
    }
    let signal = status & 0x7f
    let text = String(decoding: message.prefix { $0 != 0 }, as: UTF8.self)
    return (signal == 0 ? status >> 8 & 0xff : 128 + signal, text)
  }

  private static func spawn(
    _ program: String, _ words: [String], _ stream: Stream, _ end: consuming FileDescriptor
  ) throws(KernelError) -> pid_t {
    // Safe: initialised before use, destroyed afterwards; the strings are copied by the calls.
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    let other: Stream = stream == .error ? .output : .error
    unsafe posix_spawn_file_actions_addopen(&actions, other.rawValue, "/dev/null", O_WRONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, end.number, stream.rawValue)
    // Times of day in a ruleset are local time to nft.
    let zone = CurrentProcess.environment("TZ").map { ["TZ=" + $0] } ?? []
    let environment = ["PATH=" + directories.joined(separator: ":"), "LC_ALL=C.UTF-8"] + zone
    var child: pid_t = 0
    // Safe: the words live as long as the call, which copies them.
    let error = unsafe withCStrings(words) { (words) -> Int32 in
      unsafe withCStrings(environment) { (environment) -> Int32 in
        unsafe posix_spawn(&child, program, &actions, nil, words, environment)
      }
    }
    guard error == 0 else {
      throw .call(
        name: "posix_spawn", error: ErrorNumber(rawValue: error),
        context: "starting \(words.first ?? program)")
    }
    return child
  }

  /// Everything that comes until the other end is closed or the time is up, which ends the child;
  /// beyond the limit it is thrown away.
  private static func read(
    _ descriptor: borrowing FileDescriptor, _ child: pid_t, until deadline: MonotonicTime?
  ) -> [UInt8] {
    let number = descriptor.number
    var message: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      if let deadline {
        var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        let left = (deadline - .now).wholeNanoseconds / 1_000_000
        // Safe: the kernel writes into the one entry during the call.
        guard left > 0, unsafe poll(&entry, 1, Int32(clamping: left)) != 0 else {
          kill(child, SIGKILL)
          return message
        }
      }
      let count = try? systemCall("read", "listening to a program") {
        // Safe: the kernel writes at most the buffer's own count.
        unsafe buffer.withUnsafeMutableBytes {
          unsafe Glibc.read(number, $0.baseAddress, $0.count)
        }
      }
      guard let count, count > 0 else { return message }
      message.append(contentsOf: buffer.prefix(min(count, messageLimit - message.count)))
    }
  }
}

/// Calls `body` with a NULL-terminated array of C strings that live until it returns.
@unsafe private func withCStrings<Result>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  // Safe: each copy is freed once, after the last use; the array ends with NULL.
  let pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
  defer {
    for index in unsafe pointers.indices { unsafe free(pointers[index]) }
  }
  return unsafe body(pointers)
}
