internal import Glibc

/// Runs a program to its end.
package struct Command: Sendable {
  package var words: [String]
  /// What the program reads from its standard input; it is empty otherwise.
  package var input: [UInt8] = []
  /// Changes to the environment; a `nil` value takes the variable away.
  package var environment: [String: String?] = [:]
  /// Whether its standard output is a terminal, of 80 columns.
  package var outputIsTerminal = false

  package init(_ words: [String], input: [UInt8] = [], environment: [String: String?] = [:]) {
    self.words = words
    self.input = input
    self.environment = environment
  }

  package struct Output: Sendable {
    /// The exit status, or 128 + N after signal N.
    package var status: Int32
    package var standardOutput: [UInt8]
    package var standardError: [UInt8]

    package var text: String { String(decoding: standardOutput, as: UTF8.self) }
    package var errorText: String { String(decoding: standardError, as: UTF8.self) }
  }

  /// The path of an installed program, or `nil`.
  package static func path(of program: String) -> String? {
    if program.contains("/") { return access(program, X_OK) == 0 ? program : nil }
    let directories = "\(TestSupport.environment("PATH") ?? ""):/usr/sbin:/sbin:/usr/bin:/bin"
    return directories.split(separator: ":").map { "\($0)/\(program)" }
      .first { access($0, X_OK) == 0 }
  }

  /// Runs it and returns all it printed.
  ///
  /// - Throws: if it can't be started, or takes longer than `limit` seconds (it is then killed).
  package func output(limit: Int = 60) throws -> Output {
    var streams = try Streams(outputIsTerminal: outputIsTerminal)
    defer { streams.closeAll() }
    let pid = try spawn(streams.childEnds)
    streams.closeChildEnds()
    let finished = streams.pump(input: input, limit: limit)
    if !finished { kill(pid, SIGKILL) }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    guard finished else {
      throw FixtureError("\(words.joined(separator: " ")) took longer than \(limit) s")
    }
    let signal = status & 0x7f
    return Output(
      status: signal == 0 ? status >> 8 & 0xff : 128 + signal,
      standardOutput: streams.received[0], standardError: streams.received[1])
  }

  /// Runs it and returns its standard output; any status but 0 is an error with what it printed.
  @discardableResult
  package func run(limit: Int = 60) throws -> String {
    let output = try output(limit: limit)
    guard output.status == 0 else {
      throw FixtureError(
        "\(words.joined(separator: " ")): status \(output.status): \(output.errorText)")
    }
    return output.text
  }

  /// Starts the program with these as its standard input, output and error.
  func spawn(_ ends: [Int32]) throws -> pid_t {
    guard let program = words.first, let path = Self.path(of: program) else {
      throw FixtureError("\(words.first ?? "(nothing)") is not installed")
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, end) in ends.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, end, Int32(number))
    }
    // The threads that run tests block signals, and a program would inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var broken = none
    sigaddset(&broken, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &broken)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var arguments = words.map { strdup($0) } + [nil]
    var variables = changedEnvironment().map { strdup($0) } + [nil]
    defer { for word in arguments + variables { free(word) } }
    var pid: pid_t = 0
    let error = posix_spawn(&pid, path, &actions, &attributes, &arguments, &variables)
    guard error == 0 else {
      throw FixtureError("starting \(path) failed: \(String(cString: strerror(error)))")
    }
    return pid
  }

  private func changedEnvironment() -> [String] {
    var result: [String] = []
    var cursor = environ
    while let entry = cursor.pointee {
      let text = String(cString: entry)
      let name = String(text.prefix { $0 != "=" })
      if !environment.keys.contains(name) { result.append(text) }
      cursor += 1
    }
    return result + environment.compactMap { name, value in value.map { "\(name)=\($0)" } }
  }
}
