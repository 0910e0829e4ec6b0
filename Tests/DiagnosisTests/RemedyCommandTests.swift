import Kernel
import Model
import TestSupport
import Testing

@testable import Diagnosis

/// The commands that are shown do what the edits say: tried in throwaway namespaces.
@Suite(.needsRoot, .needs("ip", "nft", "sh")) struct RemedyCommandTests {
  private static let ruleset = """
    table inet filter {
      chain input {
        type filter hook input priority 0; policy drop;
        tcp dport 22 accept
        tcp dport 8080 drop
        ip saddr 10.77.1.0/24 drop
      }
      chain output {
        type filter hook output priority 0; policy accept;
        tcp sport 8080 drop
      }
    }
    table ip6 six { chain input { type filter hook input priority 0; policy drop; }; }
    """

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var family = Family.inet
    var table = "filter"
    var chain: String
    /// Place of the deciding rule in its chain; `nil` for the policy.
    var index: Int?
    var isReply = false
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "before a rule", chain: "input", index: 1),
    Case(name: "for one source", chain: "input", index: 2),
    Case(name: "against the policy", chain: "input"),
    Case(name: "against the policy, IPv6", family: .ip6, table: "six", chain: "input"),
    Case(name: "for answers", chain: "output", index: 0, isReply: true),
  ]

  @Test(arguments: cases) func theCommandMakesTheSameRuleset(_ example: Case) throws {
    let fixture = NamespaceFixture()
    defer { fixture.cleanUp() }
    let namespace = try fixture.addNamespace()
    try namespace.loadRuleset(Self.ruleset)
    let before = try namespace.inside { try RulesetReader().read(.everything) }
    let chain = try #require(before.table(example.family, example.table)?.chain(example.chain))
    let rule = example.index.map { chain.rules[$0] }
    let step = TraceStep(
      hook: example.isReply ? .output : .input, family: example.family, table: example.table,
      chain: example.chain, handle: rule?.handle, verdict: .drop, isPolicy: rule == nil,
      path: [example.chain], rule: rule)
    let stopped = Situation.stopped(.drop, by: step)
    let evidence =
      example.isReply
      ? Situation.arrival(reply: stopped) : Situation.arrival(request: stopped)
    let finding = Diagnostician().finding(for: evidence)
    let edits = FirewallRemedy.candidates(for: evidence, finding)
    #expect(!edits.isEmpty)
    for edit in edits {
      let expected = try #require(edit.applied(to: before))
      try namespace.command(["sh", "-c", edit.command]).run()
      let after = try namespace.inside { try RulesetReader().read(.everything) }
      #expect(Self.rules(after, example) == Self.rules(expected, example), "\(edit.command)")
      try namespace.loadRuleset("flush ruleset\n" + Self.ruleset)
    }
  }

  /// Expressions only: the kernel counts handles on from the ruleset before.
  private static func rules(_ ruleset: Ruleset, _ example: Case) -> [[Expression]]? {
    ruleset.table(example.family, example.table)?.chain(example.chain)?.rules.map(\.expressions)
  }
}
