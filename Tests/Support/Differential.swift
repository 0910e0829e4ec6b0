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

  package init() throws {
    oracle = try KernelOracle(
      "", sysctls: [("net.ipv4.ip_forward", "1"), ("net.ipv6.conf.all.forwarding", "1")])
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
    for number in 0..<count {
      let query = random.packet(number: number)
      packets += 1
      guard try compare(query) != nil else { continue }
      // What an earlier packet left behind may have been the reason, or a slow machine.
      guard try load(&sketch), try compare(query, isPatient: true) != nil else { continue }
      return try shrink(sketch, query, seed: seed)
    }
    return nil
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
        guard try oracle.replace(candidate.text) == nil,
          try compare(query, isPatient: true) != nil
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
    let ruleset = oracle.ruleset
    let trace = Evaluation(ruleset: ruleset, host: oracle.host).trace(query)
    let expectsSteps = !trace.steps.isEmpty
    let kernel = try oracle.answer(
      query, patience: isPatient ? 60 : expectsSteps ? 40 : 4, quiet: isPatient ? 15 : 2)
    let found = Self.lines(kernel.steps, kernel.verdict)
    var expected = [Self.lines(trace.steps, trace.likeliestVerdict)]
    for branch in trace.branches { expected.append(Self.lines(branch.steps, branch.verdict)) }
    if expected.contains(found) { return nil }
    return (found, expected.first ?? [])
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
