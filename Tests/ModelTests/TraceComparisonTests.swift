import Testing

@testable import Model

@Suite struct TraceComparisonTests {
  private func step(
    _ handle: UInt64?, _ verdict: TraceStep.Verdict, hook: Hook = .input
  ) -> TraceStep {
    TraceStep(
      hook: hook, family: .inet, table: "t", chain: "c", handle: handle, verdict: verdict,
      isPolicy: handle == nil)
  }

  private func trace(_ steps: [TraceStep], branches: [Trace.Branch] = []) -> Trace {
    Trace(
      verdict: .accept, delivery: Delivery(destination: .local), steps: steps, branches: branches)
  }

  @Test func theKernelsWordsForRejectAndNATAreNoDifference() {
    let comparison = TraceComparison(
      trace([step(1, .redirect), step(2, .reject)]), seen: [step(1, .accept), step(2, .drop)],
      startsAt: .output)
    #expect(comparison.agrees)
    #expect(comparison.rows == [.both(step(1, .redirect)), .both(step(2, .reject))])
  }

  @Test func everyDifferenceIsShownInItsPlace() {
    let comparison = TraceComparison(
      trace([step(1, .continue), step(2, .drop)]),
      seen: [step(1, .continue), step(7, .continue), step(nil, .accept)], startsAt: .output)
    #expect(!comparison.agrees)
    let both = comparison.rows.filter { $0 == .both(step(1, .continue)) }
    #expect(both.count == 1 && comparison.rows.first == both.first)
    #expect(comparison.rows.contains(.predictedOnly(step(2, .drop))))
    #expect(comparison.rows.contains(.seenOnly(step(7, .continue))))
    #expect(comparison.rows.contains(.seenOnly(step(nil, .accept))))
    #expect(comparison.rows.count == 4)
  }

  @Test func aBranchOfAnUndecidedPredictionIsEnough() {
    let delivery = Delivery(destination: .local)
    let branches = [
      Trace.Branch(
        verdict: .accept, when: ["likely"], decidedBy: nil, delivery: delivery,
        steps: [step(1, .accept)]),
      Trace.Branch(
        verdict: .drop, when: ["limit is exceeded"], decidedBy: nil, delivery: delivery,
        steps: [step(2, .drop)]),
    ]
    let comparison = TraceComparison(
      trace([step(1, .accept)], branches: branches), seen: [step(2, .drop)], startsAt: .output)
    #expect(comparison.agrees)
    #expect(comparison.turnedOut == ["limit is exceeded"])
  }

  @Test func ingressBeforeTracingBeginsIsLeftOut() {
    let predicted = trace([step(1, .accept, hook: .ingress), step(2, .accept)])
    let seen = [step(2, .accept)]
    #expect(TraceComparison(predicted, seen: seen, startsAt: .prerouting).agrees)
    #expect(!TraceComparison(predicted, seen: seen, startsAt: .output).agrees)
  }
}
