import Kernel
import Model
import TestSupport
import Testing

/// `reach trace`: the kernel's own account beside the prediction.
@Suite("reach trace")
struct TraceTests {
  private static let files = [
    "Rules/basics/01-policy-drop", "Rules/basics/02-jump-goto-return", "Rules/hooks/01-two-tables",
    "Rules/hooks/03-output-and-reply", "Rules/maps/01-verdict-map", "Rules/nat/02-redirect",
    "Rules/real-world/01-salt-master", "Rules/real-world/03-ufw-like", "Rules/reject/01-kinds",
  ].map { RulesFile(name: $0) }

  @Test(.needsRoot, .needs("nft", "ip"), arguments: files)
  func theKernelDoesAsPredicted(_ file: RulesFile) throws {
    let link = try Link()
    defer { link.fixture.cleanUp() }
    try link.client.loadRuleset(try file.text())
    let anywhere = try #require(IPAddress("0.0.0.0"))
    let listeners = try [22, 8080].map {
      try TestListener(on: anywhere, port: $0, in: link.client)
    }
    defer { withExtendedLifetime(listeners) {} }
    let reach = ReachCommand(in: link.client)
    for words in ["10.9.0.1 22", "10.9.0.1 80", "127.0.0.1 4505", "10.9.0.2 22", "10.9.0.1 53 -u"] {
      let answer = try reach("trace \(words) -w 0.5 --allow-changes --json")
      let document = try answer.document()
      let place = Comment(rawValue: "\(file.name) \(words): \(answer.text)\(answer.errorText)")
      #expect(document["agree"] == true, place)
      #expect(answer.status == (document["state"] == "open" ? 0 : 1) || answer.status == 3, place)
      // Where no rule is on the way of what this host sends, one is on the answer's.
      let seen = document["request"]["seen"].elements + document["reply"]["seen"].elements
      #expect(!seen.isEmpty, place)
    }
    #expect(try !link.client.run("nft list tables").contains("reach_trace"))
  }

  @Test(.needsRoot, .needs("nft"))
  func nothingIsChangedWithoutConsent() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    try host.loadRuleset("table ip t { }")
    func generation() throws -> UInt32? {
      try host.inside { try RulesetReader().read(.everything).generation }
    }
    let before = try generation()
    let answer = try ReachCommand(in: host)("trace 127.0.0.1 22")
    #expect(answer.status == 64)
    #expect(answer.errorText.contains("--allow-changes"))
    #expect(answer.errorText.contains("reach_trace_PID"))
    #expect(try generation() == before)
  }

  @Test(.needsRoot, .needs("nft"))
  func theTableEndsWithTheProcessHoweverItEnds() throws {
    let link = try Link()
    defer { link.fixture.cleanUp() }
    try link.server.loadRuleset(
      "table ip t { chain c { type filter hook input priority 0; policy drop; }; }")
    for signal in ["KILL", "INT", "TERM"] {
      let answer = try ReachCommand(in: link.client).script(
        """
        $reach trace 10.9.0.2 22 -w 20 --allow-changes >/dev/null 2>&1 & child=$!
        for i in $(seq 100); do nft list tables | grep -q reach_trace && break; sleep 0.05; done
        nft list tables; kill -\(signal) $child; wait $child 2>/dev/null
        echo after; nft list tables
        """)
      let parts = answer.text.split(separator: "after\n", omittingEmptySubsequences: false)
      #expect(parts.count == 2 && parts[0].contains("reach_trace_"), "\(signal): \(answer.text)")
      #expect(parts.last == "", "\(signal): \(answer.text)")
    }
  }

  /// A listing does not tell which of two tables registered its chain first, so the prediction is
  /// wrong here; a kernel or a reader that tells makes it right, and then nothing is to be shown.
  @Test(.needsRoot, .needs("nft"))
  func aDifferenceIsSaidAndNotSmoothedOver() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    for rules in [
      "table ip a { }\ntable ip b { }", "add chain ip b c { type filter hook output priority 5; }",
      "add chain ip a c { type filter hook output priority 5; }",
    ] { try host.loadRuleset(rules) }
    let answer = try ReachCommand(in: host)("trace 127.0.0.1 22 -w 1 --allow-changes")
    try #require(answer.text.contains("assumed: "), "\(answer.text)")
    #expect(answer.status == 1)
    #expect(answer.text.contains("THE KERNEL DID NOT DO AS PREDICTED"))
    #expect(answer.lines.contains { $0.hasPrefix("- output  ip b c") })
    #expect(answer.lines.contains { $0.hasPrefix("+ output  ip b c") })
  }
}
