internal import Glibc
internal import Model

/// Loads a ruleset file into the calling thread's network namespace, with the program nft: from
/// text to bytecode is its own work. Only ever to be used in a namespace made for the purpose.
package struct RulesetLoader {
  /// The most that is kept of what nft says.
  private static let messageLimit = 65_536
  private static let directories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"]

  package init() {}

  /// Loads `path`, a file in nft's language.
  ///
  /// - Throws: `KernelError.program` with what nft said if it refuses the file,
  ///   `KernelError.unavailable` if nft is not installed.
  package func load(_ path: String) throws(KernelError) {
    guard let program = Self.program() else {
      throw .unavailable(what: "the program nft", hint: "install the package nftables")
    }
    // A relative path with a leading dash would be an option.
    let file = path.hasPrefix("-") ? "./" + path : path
    let (status, message) = try Self.run(program, ["nft", "-f", file])
    guard status == 0 else {
      throw .program(name: "nft", status: status, message: message)
    }
  }

  private static func program() -> String? {
    // Safe: `access` only reads the string during the call.
    directories.map { $0 + "/nft" }.first { unsafe access($0, X_OK) == 0 }
  }

  /// Runs a program to its end and returns its exit status (128 + N after signal N) and what it
  /// wrote to standard error.
  private static func run(
    _ program: String, _ words: [String]
  ) throws(KernelError) -> (status: Int32, message: String) {
    var ends: [Int32] = [-1, -1]
    _ = try systemCall("pipe", "starting nft") {
      // Safe: the kernel writes two numbers into the array of two.
      unsafe pipe(&ends)
    }
    // The child gets its end by dup2 below; the ends themselves stay here.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let reading = FileDescriptor(owning: ends[0])
    let child = try spawn(program, words, standardError: FileDescriptor(owning: ends[1]))
    let message = read(reading)
    var status: Int32 = 0
    _ = try systemCall("waitpid", "waiting for nft") {
      // Safe: the kernel writes the status during the call.
      unsafe waitpid(child, &status, 0)
    }
    let signal = status & 0x7f
    let text = String(decoding: message.prefix { $0 != 0 }, as: UTF8.self)
    return (signal == 0 ? status >> 8 & 0xff : 128 + signal, text)
  }

  /// Starts the program in the calling thread's namespaces; it gets no input, and its standard
  /// output is thrown away.
  private static func spawn(
    _ program: String, _ words: [String], standardError: consuming FileDescriptor
  ) throws(KernelError) -> pid_t {
    // Safe: initialised before use, destroyed afterwards; the strings are copied by the calls.
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, standardError.number, 2)
    // Times of day in the file are local time to nft.
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
      throw .call(name: "posix_spawn", error: ErrorNumber(rawValue: error), context: "starting nft")
    }
    return child
  }

  /// Everything that comes until the other end is closed; beyond the limit it is thrown away.
  private static func read(_ descriptor: borrowing FileDescriptor) -> [UInt8] {
    var message: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = try? systemCall("read", "listening to nft") {
        // Safe: the kernel writes at most the buffer's own count.
        unsafe buffer.withUnsafeMutableBytes {
          unsafe Glibc.read(descriptor.number, $0.baseAddress, $0.count)
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
