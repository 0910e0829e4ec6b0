import TestSupport
import Testing

/// Random rulesets and packets: the kernel's own trace and the evaluator must agree, step by step.
///
/// `scripts/oracle --random SECONDS --seed N` goes on, and much faster.
@Suite("Random rulesets, held against the kernel")
struct RandomTests {
  @Test(.needsRoot, .needs("nft", "ip"))
  func kernelAndEvaluatorAgree() throws {
    let differential = try Differential()
    defer { differential.cleanUp() }
    let end = ContinuousClock.now + .seconds(12)
    var seed: UInt64 = 1
    while ContinuousClock.now < end, seed <= 60 {
      if let disagreement = try differential.run(seed: seed, packets: 100) {
        Issue.record("\(disagreement)")
      }
      seed += 1
    }
    #expect(differential.rulesets > 0 && differential.packets > 0)
    print("\(differential.rulesets) rulesets, \(differential.packets) packets")
  }

  /// The same seed must give the same, or nothing that it finds can be found again.
  @Test func seedsRepeat() {
    for seed in UInt64(1)...20 {
      var (one, other) = (RandomRuleset(seed: seed), RandomRuleset(seed: seed))
      #expect(one.ruleset().text == other.ruleset().text)
      var (packet, same) = (RandomPacket(seed: seed), RandomPacket(seed: seed))
      #expect(packet.packet(number: 3) == same.packet(number: 3))
    }
  }
}
