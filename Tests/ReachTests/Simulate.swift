import Glibc
import Model
import Reporting
import TestSupport

/// Calls `reach simulate`.
enum Simulate {
  /// A ruleset that accepts what comes over loopback, and drops nearly everything else.
  static let smallest = RulesFile(name: "Rules/basics/01-policy-drop")
  private static let program = "\(Repository.root)/.build/debug/reach"
  private static let nobody = [
    "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
  ]

  /// Whether another user can run the program and read the repository: not below /root, say.
  static let isForEverybody: Bool = {
    let words = nobody + ["sh", "-c", "\(program) --version && cat \(smallest.path)"]
    return (try? Command(words).output().status) == 0
  }()

  static func run(
    _ words: [String], lines: String = "", asNobody: Bool = false
  ) throws -> Command.Output {
    let call = (asNobody ? nobody : []) + [program, "simulate"] + words
    return try Command(call, input: Array(lines.utf8)).output()
  }

  /// The answers to a batch.
  static func answers(_ words: [String], lines: String) throws -> [JSONValue] {
    let output = try run(words + ["--json", "--batch", "-"], lines: lines)
    guard output.errorText.isEmpty else { throw FixtureError(output.errorText) }
    return try output.standardOutput.split(separator: UInt8(ascii: "\n")).map {
      try JSONReader.value(of: $0)
    }
  }

  /// Writes a ruleset to a file of its own.
  static func write(_ rules: String) throws -> String {
    let path = "/tmp/reach-test-\(getpid())-\(UInt32.random(in: .min ... .max)).nft"
    try TestFile.write(Array(rules.utf8), to: path)
    return path
  }

  static func remove(_ path: String) { unlink(path) }
}

extension JSONValue {
  /// A member of an object; `nil` if there is none, or this is none.
  subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  var list: [JSONValue]? {
    guard case .array(let list) = self else { return nil }
    return list
  }
}

extension PacketQuery {
  /// The packet as a line of a batch; what has its default is left out.
  var batchLine: String {
    var members: [(String, String)] = [
      ("protocol", "\"\(transport)\""), ("from", "\"\(source)\""), ("to", "\"\(destination)\""),
    ]
    if let inputInterface { members.append(("in", "\"\(inputInterface)\"")) }
    if let outputInterface { members.append(("out", "\"\(outputInterface)\"")) }
    if tcpFlags != .syn {
      let names = TCPFlags.names.filter { tcpFlags.contains($0.0) }.map { "\"\($0.1)\"" }
      members.append(("tcpFlags", "[\(names.joined(separator: ","))]"))
    }
    if conntrackState != .new { members.append(("ctState", "\"\(conntrackState.name)\"")) }
    if conntrackDirection == .reply { members.append(("ctDirection", "\"reply\"")) }
    if mark != 0 { members.append(("mark", "\(mark)")) }
    if userID != 0 { members.append(("uid", "\(userID)")) }
    if let ttl { members.append(("ttl", "\(ttl)")) }
    if dscp != 0 { members.append(("dscp", "\(dscp)")) }
    if let icmpType { members.append(("icmpType", "\(icmpType)")) }
    if icmpCode != 0 { members.append(("icmpCode", "\(icmpCode)")) }
    for (name, bytes) in [("payload", payload), ("frame", frame ?? [])] where !bytes.isEmpty {
      let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      members.append((name, "\"\(digits.joined())\""))
    }
    if details.isCrafted { members.append(("crafted", "true")) }
    return "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
  }
}
