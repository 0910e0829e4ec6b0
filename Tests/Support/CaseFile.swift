package import Model

/// A file of `Rules/`: a ruleset and, beside it, packets with what becomes of them.
package struct RulesFile: Sendable, Hashable, CustomStringConvertible {
  /// Without extension, absolute or relative to the repository: `Rules/basics/01-policy-drop`.
  package let name: String

  package init(name: String) {
    self.name = name
  }

  package var description: String { name }
  package var path: String { stem + ".nft" }
  package var casesPath: String { stem + ".cases" }
  private var stem: String { name.hasPrefix("/") ? name : "\(Repository.root)/\(name)" }

  /// All of them, in the order of their paths; or the one that REACH_ORACLE names
  /// (`scripts/oracle`).
  package static func all() throws -> [RulesFile] {
    if let only = environment("REACH_ORACLE") { return [RulesFile(name: only)] }
    let root = "\(Repository.root)/Rules"
    return try TestFile.names(in: root).filter { !$0.contains(".") }.flatMap { topic in
      try TestFile.names(in: "\(root)/\(topic)").filter { $0.hasSuffix(".nft") }
        .map { RulesFile(name: "Rules/\(topic)/\($0.dropLast(4))") }
    }
  }

  package func text() throws -> String { try TestFile.text(path) }

  /// The lines `# sysctl KEY=VALUE` of the ruleset: how the host is set up for it.
  package func sysctls() throws -> [(key: String, value: String)] {
    try text().split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 3, words[0] == "#", words[1] == "sysctl",
        let equals = words[2].firstIndex(of: "=")
      else { return nil }
      return (String(words[2][..<equals]), String(words[2][words[2].index(after: equals)...]))
    }
  }

  /// The lines `# KEYWORD ...`, without the keyword.
  private func directives(_ keyword: String) throws -> [[Substring]] {
    try text().split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      return words.starts(with: ["#", keyword[...]]) ? Array(words.dropFirst(2)) : nil
    }
  }

  /// Sets up a host as the ruleset's lines `# ip ARGUMENTS` and `# listen tcp ADDRESS:PORT` (then
  /// `transparent` and `mark=N` as wanted) say.
  ///
  /// - Returns: the listeners, which end with their last owner.
  package func prepare(_ host: TestNamespace) throws -> [TestListener] {
    for words in try directives("ip") { try host.ip(words.joined(separator: " ")) }
    return try directives("listen").map { words in
      guard words.count >= 2, let endpoint = Endpoint(words[1]), let port = endpoint.port else {
        throw FixtureError("\(path): listen \(words.joined(separator: " "))")
      }
      let mark = words.lazy.compactMap { $0.hasPrefix("mark=") ? UInt32($0.dropFirst(5)) : nil }
      return try TestListener(
        words[0] == "udp" ? .udp : .tcp, on: endpoint.address, port: port.number,
        isTransparent: words.contains("transparent"), mark: mark.first ?? 0, in: host)
    }
  }

  package func cases() throws -> [RulesCase] {
    try RulesCase.parse(try TestFile.text(casesPath), file: casesPath)
  }
}

/// One line of a `.cases` file:
///
///     in eth0 tcp 10.9.0.2 > 10.9.0.1:22 flags=syn : accept comment:"ssh"
///
/// A source without port gets one of its own, so that no two packets are one connection.
package struct RulesCase: Sendable, CustomStringConvertible {
  /// Who is to decide.
  package enum Decider: Hashable, Sendable {
    /// `-`: nobody, nothing objected.
    case nobody
    /// `comment:"..."`: the rule with that comment.
    case comment(String)
    /// `inet/filter/input/policy`: that base chain's policy.
    case policy(String)
  }

  package var line: Int
  package var text: String
  package var query: PacketQuery
  package var verdict: Trace.Verdict
  package var decider: Decider

  package var description: String { "line \(line): \(text)" }

  /// Reads a whole file.
  ///
  /// - Throws: `FixtureError` naming the line that is not understood.
  package static func parse(_ text: String, file: String) throws -> [RulesCase] {
    var cases: [RulesCase] = []
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let content = line.drop { $0 == " " }
      if content.isEmpty || content.first == "#" { continue }
      guard let parsed = RulesCase(String(content), line: index + 1) else {
        throw FixtureError("\(file):\(index + 1): not understood: \(content)")
      }
      cases.append(parsed)
    }
    return cases
  }

  init?(_ text: String, line: Int) {
    guard let colon = text.firstRange(of: " : ") else { return nil }
    var words = text[..<colon.lowerBound].split(separator: " ")[...]
    guard let query = PacketQuery(caseWords: &words, freePort: UInt16(40_000 + line)) else {
      return nil
    }
    let answer = text[colon.upperBound...]
    let verdict = answer.prefix { $0 != " " }
    guard let verdict = Trace.Verdict(rawValue: String(verdict)),
      let decider = Decider(answer.dropFirst(verdict.rawValue.count).drop { $0 == " " })
    else { return nil }
    self.line = line
    self.text = text
    self.query = query
    self.verdict = verdict
    self.decider = decider
  }
}

extension RulesCase.Decider {
  init?(_ text: Substring) {
    if text == "-" {
      self = .nobody
    } else if text.hasPrefix("comment:\""), text.hasSuffix("\""), text.count > 10 {
      self = .comment(String(text.dropFirst(9).dropLast()))
    } else if text.hasSuffix("/policy"), text.split(separator: "/").count == 4 {
      self = .policy(String(text.dropLast(7)))
    } else {
      return nil
    }
  }
}

extension PacketQuery {
  /// Reads `in eth0 tcp 10.9.0.2 > 10.9.0.1:22 key=value...`.
  package init?(caseWords words: inout ArraySlice<Substring>, freePort: UInt16) {
    var inputInterface: String?
    switch words.popFirst() {
    case "in":
      guard let device = words.popFirst() else { return nil }
      inputInterface = String(device)
    case "out": break
    default: return nil
    }
    guard let name = words.popFirst(), let transport = TransportProtocol(name),
      let from = words.popFirst(), var source = Endpoint(from), words.popFirst() == ">",
      let to = words.popFirst(), let destination = Endpoint(to)
    else { return nil }
    if transport.hasPorts && source.port == nil { source.port = Port(freePort) }
    self.init(
      transport: transport, source: source, destination: destination,
      inputInterface: inputInterface)
    while let word = words.popFirst() {
      guard let equals = word.firstIndex(of: "="),
        set(word[..<equals], to: word[word.index(after: equals)...])
      else { return nil }
    }
  }

  /// Sets a field by its name in a case; false if name or value is not understood.
  private mutating func set(_ key: Substring, to value: Substring) -> Bool {
    let number = UInt32(value)
    switch key {
    case "flags": return setFlags(value)
    case "frame":
      frame = Self.bytes(value)
      return frame != nil
    case "state":
      isConntrackStateGiven = value != "any"
      return value == "any" || setState(value)
    case "direction":
      conntrackDirection = value == "reply" ? .reply : .original
      return value == "reply" || value == "original"
    case "crafted": details.isCrafted = number == 1
    case "out": outputInterface = String(value)
    case "mark": mark = number ?? 0
    case "uid": userID = number ?? 0
    case "ttl": ttl = number.flatMap { UInt8(exactly: $0) }
    case "dscp": dscp = number.flatMap { UInt8(exactly: $0) } ?? 0
    case "type": icmpType = number.flatMap { UInt8(exactly: $0) }
    case "code": icmpCode = number.flatMap { UInt8(exactly: $0) } ?? 0
    case "payload": payload = Array(value.utf8)
    default: return false
    }
    return number != nil || key == "out" || key == "payload"
  }

  /// Bytes out of pairs of hexadecimal digits.
  private static func bytes(_ text: Substring) -> [UInt8]? {
    let digits = Array(text)
    guard digits.count.isMultiple(of: 2) else { return nil }
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
    return bytes.count * 2 == digits.count ? bytes : nil
  }

  private mutating func setFlags(_ value: Substring) -> Bool {
    tcpFlags = []
    for name in value.split(separator: ",") {
      guard let flag = TCPFlags.names.first(where: { $0.1 == name }) else { return false }
      tcpFlags.insert(flag.0)
    }
    return true
  }

  private mutating func setState(_ value: Substring) -> Bool {
    guard let state = ConntrackState.allCases.first(where: { $0.name == value }) else {
      return false
    }
    conntrackState = state
    return true
  }
}
