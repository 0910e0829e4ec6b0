import Glibc
import TestSupport

/// The built command, run as a user runs it.
struct ReachCommand {
  /// Where it is run; `nil` is where the tests run, for words that never reach a network.
  var place: TestNamespace?
  /// Programs that stand before it: `setpriv ...`, `prlimit ...`.
  var prefix: [String] = []
  /// Changes to the environment.
  var environment: [String: String?] = [:]
  /// Whether its standard output is a terminal.
  var onTerminal = false
  /// What it reads from its standard input.
  var input: [UInt8] = []

  init(in place: TestNamespace? = nil, prefix: [String] = []) {
    self.place = place
    self.prefix = prefix
  }

  /// The binary lies beside the bundle of the tests, which is the running program.
  static let path: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let program = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    let bundle = String(decoding: program, as: UTF8.self)
    return bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/") + "/reach"
  }()

  /// What it answers to words that are split at spaces.
  func callAsFunction(_ words: String, limit: Int = 600) throws -> Answer {
    try callAsFunction(words.split(separator: " ").map(String.init), limit: limit)
  }

  func callAsFunction(_ words: [String], limit: Int = 600) throws -> Answer {
    try run(prefix + [Self.path] + words, limit: limit)
  }

  /// Runs a script for bash, in which `$reach` is the binary.
  func script(_ text: String, limit: Int = 600) throws -> Answer {
    try run(prefix + ["bash", "-c", "reach=\(Self.path)\n" + text], limit: limit)
  }

  private func run(_ words: [String], limit: Int) throws -> Answer {
    var command = place.map { $0.command(words) } ?? Command(words)
    command.environment = environment
    command.outputIsTerminal = onTerminal
    command.input = input
    return Answer(try command.output(limit: limit))
  }
}

/// What the command printed, and its exit status.
struct Answer {
  let status: Int32
  /// Standard output as it came.
  let bytes: [UInt8]
  let text: String
  let errorText: String

  init(_ output: Command.Output) {
    status = output.status
    bytes = output.standardOutput
    text = output.text
    errorText = output.errorText
  }

  var lines: [Substring] { text.split(separator: "\n") }
  var errorLines: [Substring] { errorText.split(separator: "\n") }

  /// The document on standard output, which must be one and nothing else.
  func document() throws -> Document { try Document(parsing: text) }

  /// The documents of `--json-lines`.
  func documents() throws -> [Document] { try lines.map { try Document(parsing: String($0)) } }

  /// The rows that are not informational.
  func rows() throws -> [Document] {
    try document()["results"].elements.filter { $0["informational"] == false }
  }

  /// The only row that is not informational.
  func row() throws -> Document {
    let rows = try rows()
    guard rows.count == 1, let row = rows.first else {
      throw FixtureError("\(rows.count) rows instead of one: \(text)\(errorText)")
    }
    return row
  }
}
