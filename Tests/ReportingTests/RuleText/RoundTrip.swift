import Kernel
import Model
import TestSupport
import Testing

@testable import Reporting

/// Loads, reads and renders in two namespaces of its own, and counts what did not come back.
final class RoundTrip {
  private let fixture = NamespaceFixture()
  private let first: TestNamespace
  private let second: TestNamespace
  private(set) var ruleCount = 0
  /// Rules, as rendered, that nft refused or that came back otherwise.
  private(set) var differences: [String] = []

  init() throws {
    first = try fixture.addNamespace()
    second = try fixture.addNamespace()
  }

  deinit { fixture.cleanUp() }

  /// - Throws: when nft refuses the file itself.
  func file(_ path: String) throws {
    try first.run("nft flush ruleset")
    try first.run("nft -f " + path)
    try compare()
  }

  /// A list of rules in the notation of nftables' own tests: `:chain;definition`,
  /// `*family;table;chains`, `!set definition;ok`, `?set elements;ok`, `%name type object;ok`, and
  /// `rule;ok`. What this nft refuses is left out.
  func ruleList(_ path: String) throws {
    for commands in RuleList(try TestFile.text(path)).commands {
      try first.run("nft flush ruleset")
      try load(commands)
      try compare()
    }
  }

  /// Loads the commands that nft takes, all at once where possible: nft names the lines it refuses.
  private func load(_ commands: [String]) throws {
    var commands = commands
    for _ in 0..<40 {
      let text = commands.joined(separator: "\n") + "\n"
      let output = try first.command(["nft", "-f", "-"], input: Array(text.utf8)).output()
      if output.status == 0 { return }
      let refused = Self.lines(named: output.errorText)
      guard !refused.isEmpty else { break }
      for line in refused where commands.indices.contains(line - 1) { commands[line - 1] = "" }
    }
    // Where nft falls over, one at a time.
    for command in commands {
      _ = try first.command(["nft", "-f", "-"], input: Array((command + "\n").utf8)).output()
    }
  }

  /// The N of `/dev/stdin:N:...`.
  private static func lines(named errors: String) -> Set<Int> {
    let lines = errors.split(separator: "\n").filter { $0.hasPrefix("/dev/stdin:") }
    return Set(lines.compactMap { Int($0.split(separator: ":")[1]) })
  }

  private func compare() throws {
    let interfaces = [InterfaceIndex(rawValue: 1): "lo"]
    let before = try read(first)
    let text = RulesetText(interfaces: interfaces).text(of: before)
    try second.run("nft flush ruleset")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let output = try second.command(["nft", "-f", "-"], input: Array(text.utf8)).output()
    if output.status != 0 {
      for line in Self.lines(named: output.errorText) where lines.indices.contains(line - 1) {
        differences.append("refused: " + lines[line - 1])
      }
      // Without the lines refused the rest says nothing.
      ruleCount += before.tables.flatMap(\.chains).reduce(0) { $0 + $1.rules.count }
      return
    }
    let after = try read(second)
    for table in before.tables {
      let other = after.table(table.family, table.name)
      compareSets(table, other)
      compareDeclarations(table, other)
      let rules = RuleText(table: table, interfaces: interfaces)
      for chain in table.chains where chain.flags & 4 == 0 {
        let again = other?.chain(chain.name)?.rules ?? []
        for (position, rule) in chain.rules.enumerated() {
          ruleCount += 1
          let isSame =
            again.indices.contains(position)
            && Fingerprint.of(rule, table) == other.map { Fingerprint.of(again[position], $0) }
          if !isSame { differences.append(rules.text(of: rule)) }
        }
      }
    }
  }

  private func compareSets(_ table: Table, _ other: Table?) {
    for set in table.sets where !set.flags.contains(.anonymous) {
      let again = other?.set(set.name)
      if Fingerprint.of(set) != again.map({ Fingerprint.of($0) }) {
        differences.append("set \(set.name)")
      }
    }
  }

  /// Chains' hooks, objects and flags.
  private func compareDeclarations(_ table: Table, _ other: Table?) {
    if table.comment != other?.comment || table.isDormant != other?.isDormant {
      differences.append("table \(table.name)")
    }
    for chain in table.chains where chain.flags & 4 == 0 {
      let again = other?.chain(chain.name)
      if chain.base != again?.base || chain.comment != again?.comment || chain.flags != again?.flags
      {
        differences.append("chain \(chain.name)")
      }
    }
    for object in table.objects {
      // A counter and a quota may have the same name.
      let again = other?.objects.first { $0.name == object.name && $0.type == object.type }
      if again?.content == object.content { continue }
      differences.append("object \(object.name)")
    }
  }

  private func read(_ namespace: TestNamespace) throws -> Ruleset {
    try namespace.inside { try RulesetReader().read(.everything) }
  }

  func expectNoDifference(except allowed: [String]) throws {
    let unexpected = differences.filter { text in !allowed.contains { text.contains($0) } }
    #expect(unexpected.isEmpty, "\(unexpected.joined(separator: "\n"))")
  }
}

/// Commands for each table of a rule list.
private struct RuleList {
  private(set) var commands: [[String]] = []

  init(_ text: String) {
    var hooks: [Substring: Substring] = [:]
    var tables: [[Substring]] = []
    var declarations: [(kind: Character, name: Substring, body: Substring)] = []
    var rules: [Substring] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") && !line.hasPrefix("- ") {
      guard let mark = line.first else { continue }
      let rest = line.dropFirst()
      switch mark {
      case ":":
        let parts = rest.split(separator: ";", maxSplits: 1)
        if parts.count == 2 { hooks[parts[0]] = parts[1] }
      case "*": tables.append(rest.split(separator: ";"))
      case "!", "?", "%":
        guard rest.hasSuffix(";ok") else { continue }
        let parts = rest.dropLast(3).split(separator: " ", maxSplits: 1)
        if parts.count == 2 { declarations.append((mark, parts[0], parts[1])) }
      default:
        // `rule;ok` or `rule;ok;as listed`; a rule may hold semicolons of its own.
        if let end = line.firstRange(of: ";ok") { rules.append(line[..<end.lowerBound]) }
      }
    }
    for table in tables where table.count == 3 {
      let place = "\(table[0]) \(table[1])"
      let chains = table[2].split(separator: ",")
      var list = ["add table \(place)"]
      list += chains.map { "add chain \(place) \($0) { \(hooks[$0] ?? ""); }" }
      list += declarations.map { Self.declaration($0, place) }
      for chain in chains { list += rules.map { "add rule \(place) \(chain) \($0)" } }
      commands.append(list)
    }
  }

  private static func declaration(
    _ item: (kind: Character, name: Substring, body: Substring), _ place: String
  ) -> String {
    switch item.kind {
    case "!":
      let word = item.body.contains(" : ") ? "map" : "set"
      return "add \(word) \(place) \(item.name) { \(item.body); }"
    case "?": return "add element \(place) \(item.name) { \(item.body) }"
    default:
      // `type ct helper ...` or `type counter ...`
      let words = item.body.dropFirst(5).split(separator: " ", maxSplits: 1).map(String.init)
      let isConntrack = words[0] == "ct"
      let rest =
        words.count > 1 ? words[1].split(separator: " ", maxSplits: 1).map(String.init) : []
      let kind = isConntrack ? "ct \(rest.first ?? "")" : words[0]
      let body = isConntrack ? rest.dropFirst().joined() : rest.joined(separator: " ")
      return "add \(kind) \(place) \(item.name) { \(body) }"
    }
  }
}
