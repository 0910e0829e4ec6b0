import Evaluator
import Model
import Testing

/// Rules that ask what time it is.
@Suite struct ClockTests {
  /// 2026-11-22 21:00:00 UTC, a Sunday.
  private static let time: UInt64 = 1_795_381_200

  private func hour(_ operation: Compare.Operation, _ seconds: UInt32) -> [Expression] {
    [
      .meta(Meta(destination: Build.register, key: .timeHour)),
      .byteOrder(
        ByteOrder(
          source: Build.register, destination: Build.register, toNetwork: true, length: 4, size: 4)
      ),
      Build.compare(operation, Build.host32(seconds).reversed()),
    ]
  }

  private func trace(_ chain: Chain) -> Trace {
    var host = Build.host()
    host.time = Self.time
    return Evaluation(ruleset: Ruleset(tables: [Build.inet([chain])]), host: host)
      .trace(Build.syn())
  }

  @Test func bothHalvesOfADayAreTheWholeDay() {
    let noon: UInt32 = 43_200
    let trace = trace(
      Build.base(
        "i", .input, policy: .drop,
        [
          Build.rule(1, hour(.greaterOrEqual, noon), ends: .accept),
          Build.rule(2, hour(.less, noon), ends: .drop),
          // Nothing is left for it: the time is the same for every rule.
          Build.rule(3, ends: .accept),
        ]))
    #expect(trace.verdict == .conditional)
    #expect(trace.branches.map(\.decidedBy?.handle) == [1, 2])
    #expect(trace.branches.first?.verdict == .accept, "21:00 is after noon")
    #expect(trace.branches.allSatisfy { !$0.when.isEmpty })
  }

  @Test func todayIsTheLikelyDay() {
    let day: [Expression] = [
      .meta(Meta(destination: Build.register, key: .timeDay)), Build.compare(.equal, [0]),
    ]
    let trace = trace(
      Build.base("i", .input, policy: .accept, [Build.rule(1, day, ends: .drop)]))
    #expect(trace.branches.first?.verdict == .drop)
    #expect(trace.branches.count == 2)
  }
}
