internal import Evaluator
package import Model

/// Holds the evaluator against the kernel with rulesets and packets out of random numbers.
package final class Differential {
  /// A ruleset and a packet of which the evaluator says something else than the kernel.
  package struct Disagreement: CustomStringConvertible {
    package var seed: UInt64
    package var rules: String
    package var query: PacketQuery
    package var kernel: [String]
    package var evaluator: [String]

    package var description: String {
      """
      seed \(seed)
      \(rules)packet: \(RulesCase.line(for: query))
      the kernel:
        \(kernel.joined(separator: "\n  "))
      the evaluator:
        \(evaluator.joined(separator: "\n  "))
      """
    }
  }

  private let oracle: KernelOracle
  package private(set) var rulesets = 0
  package private(set) var packets = 0
  /// Disagreements in rulesets that ask for chance or time.
  package private(set) var guessed = 0
  /// How many of the packets the evaluator could not decide, and what that hung on.
  package private(set) var undecided = 0
  package private(set) var reasons: [String: Int] = [:]

  package init() throws {
    oracle = try KernelOracle(
      "",
      sysctls: [
        ("net.ipv4.ip_forward", "1"), ("net.ipv6.conf.all.forwarding", "1"),
        // A fragment is not to meet what was left of an earlier packet.
        ("net.ipv4.ipfrag_time", "0"), ("net.ipv6.ip6frag_time", "0"),
        ("net.netfilter.nf_conntrack_frag6_timeout", "0"),
      ])
  }

  package func cleanUp() { oracle.cleanUp() }

  /// Loads the ruleset of a seed and sends packets through it.
  ///
  /// - Returns: the first disagreement, made as small as it gets.
  package func run(seed: UInt64, packets count: Int) throws -> Disagreement? {
    var generator = RandomRuleset(seed: seed)
    var sketch = generator.ruleset()
    guard try load(&sketch) else { return nil }
    rulesets += 1
    var random = RandomPacket(seed: seed ^ 0x5eed)
    for query in try suspects((0..<count).map { random.packet(number: $0) }).prefix(8) {
      // What an earlier packet left behind may have been the reason, or a slow machine.
      guard try compare(query) != nil, try load(&sketch),
        try compare(query, isPatient: true) != nil
      else { continue }
      if isGuess(sketch, query) {
        guessed += 1
        continue
      }
      return try shrink(sketch, query, seed: seed)
    }
    return nil
  }

  /// Loads somebody's ruleset and sends packets aimed at its rules through it.
  ///
  /// - Returns: `nil` if it can't be loaded; else where evaluator and kernel disagree.
  package func run(rules: String, seed: UInt64, packets count: Int) throws -> [Disagreement]? {
    guard try oracle.replace(rules) == nil else { return nil }
    rulesets += 1
    var random = RandomPacket(seed: seed, aimedAt: rules)
    var found: [Disagreement] = []
    for query in try suspects((0..<count).map { random.packet(number: $0) }).prefix(40) {
      guard try compare(query) != nil, try oracle.replace(rules) == nil,
        let difference = try compare(query, isPatient: true)
      else { continue }
      found.append(
        Disagreement(
          seed: seed, rules: "", query: query, kernel: difference.kernel,
          evaluator: difference.evaluator))
    }
    return found
  }

  /// Sends packets one right after the other through the ruleset that is loaded.
  ///
  /// - Returns: those that seem to fare otherwise than the evaluator says.
  private func suspects(_ queries: [PacketQuery]) throws -> [PacketQuery] {
    var found: [PacketQuery] = []
    var flows: Set<Set<Endpoint>> = []
    let evaluation = Evaluation(ruleset: oracle.ruleset, host: oracle.host)
    try oracle.forgetConnections()
    for query in queries {
      packets += 1
      // Each is to be the first of its connection.
      if !flows.insert([query.source, query.destination]).inserted {
        try oracle.forgetConnections()
        flows = []
      }
      let trace = evaluation.trace(query)
      note(trace)
      if Self.difference(trace, try oracle.quickAnswer(query)) != nil { found.append(query) }
    }
    return found
  }

  private func note(_ trace: Trace) {
    guard trace.verdict == .conditional else { return }
    undecided += 1
    for condition in trace.conditions {
      reasons[condition.isLikely ? condition.holds : condition.fails, default: 0] += 1
    }
  }

  /// Loads as much of it as nft accepts.
  private func load(_ sketch: inout RulesetSketch) throws -> Bool {
    for _ in 0..<60 {
      guard let message = try oracle.replace(sketch.text) else { return true }
      guard sketch.remove(refusedBy: message) else { return false }
    }
    return false
  }

  private func shrink(
    _ sketch: RulesetSketch, _ query: PacketQuery, seed: UInt64
  ) throws -> Disagreement? {
    var smallest = sketch
    search: while true {
      for candidate in smallest.smaller {
        guard !isGuess(candidate, query), try oracle.replace(candidate.text) == nil,
          try compare(query) != nil
        else { continue }
        smallest = candidate
        continue search
      }
      break
    }
    guard try oracle.replace(smallest.text) == nil,
      let difference = try compare(query, isPatient: true)
    else { return nil }
    return Disagreement(
      seed: seed, rules: smallest.text, query: query, kernel: difference.kernel,
      evaluator: difference.evaluator)
  }

  /// Sends one packet.
  ///
  /// - Returns: what both say of it, if that is not the same.
  package func compare(
    _ query: PacketQuery, isPatient: Bool = false
  ) throws -> (kernel: [String], evaluator: [String])? {
    try oracle.forgetConnections()
    try oracle.refresh()
    let trace = Evaluation(ruleset: oracle.ruleset, host: oracle.host).trace(query)
    if !isPatient { return Self.difference(trace, try oracle.quickAnswer(query)) }
    return Self.difference(trace, try oracle.answer(query, patience: 60, quiet: 15))
  }

  private static func difference(
    _ trace: Trace, _ answer: KernelAnswer
  ) -> (kernel: [String], evaluator: [String])? {
    let found = lines(answer.steps, answer.verdict)
    let expected = lines(trace.steps, trace.likeliestVerdict)
    if expected == found { return nil }
    let isBranch = trace.branches.contains { lines($0.steps, $0.verdict) == found }
    return isBranch ? nil : (found, expected)
  }

  /// Where rules ask for chance or time, the steps may differ, and what follows from them.
  private static let guesses = [
    "limit rate", "limit name", "numgen inc mod 2", "numgen inc mod 4", "numgen random", "symhash",
    "meta cpu", "meta random", "meta hour", "meta day", "meta time", "ct id", "ct expiration",
    "ct count 3",
  ]

  private func isGuess(_ sketch: RulesetSketch, _ query: PacketQuery) -> Bool {
    let text = sketch.text
    // Rules may send the packet to a neighbour that does not exist: it waits, and leaves nothing.
    if text.contains("egress"), text.contains("daddr set") || text.contains("dnat") { return true }
    if text.contains("egress"), text.contains("ether daddr") || text.contains("@ll") { return true }
    // The connections that the oracle makes were never asked about by NAT.
    if query.conntrackState == .established, text.contains("ct status") { return true }
    let counts = ["ct bytes", "ct packets", "ct avgpkt", "original packets", "reply bytes"]
    if query.conntrackState == .established, counts.contains(where: { text.contains($0) }) {
      return true
    }
    return Self.guesses.contains { text.contains($0) }
  }

  /// Fragments that conntrack keeps are not traced as stolen.
  private static func lines(_ steps: [TraceStep], _ verdict: Trace.Verdict) -> [String] {
    let verdict = verdict == .stolen ? .accept : verdict
    return steps.map(\.comparisonText) + ["= \(verdict.rawValue)"]
  }
}

extension RulesCase {
  /// The packet as a line of a `.cases` file says it, up to the colon.
  package static func line(for query: PacketQuery) -> String {
    var words = query.inputInterface.map { ["in", $0] } ?? ["out"]
    words += [query.transport.description, query.source.caseText, ">", query.destination.caseText]
    if query.transport == .tcp, query.tcpFlags != .syn {
      let names = TCPFlags.names.filter { query.tcpFlags.contains($0.0) }.map(\.1)
      words.append("flags=\(names.joined(separator: ","))")
    }
    if query.conntrackState != .new { words.append("state=\(query.conntrackState.name)") }
    if !query.isConntrackStateGiven { words.append("state=any") }
    if query.conntrackDirection == .reply { words.append("direction=reply") }
    if query.details.isCrafted { words.append("crafted=1") }
    if query.mark != 0 { words.append("mark=\(query.mark)") }
    if let frame = query.frame {
      words.append("frame=" + frame.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    }
    return words.joined(separator: " ")
  }
}

extension Endpoint {
  var caseText: String {
    guard let port else { return address.description }
    return address.family == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)"
  }
}
