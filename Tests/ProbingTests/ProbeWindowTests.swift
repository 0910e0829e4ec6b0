import Kernel
import Testing

@testable import Probing

struct ProbeWindowTests {
  private let now = MonotonicTime(nanoseconds: 1_000_000_000)

  @Test func itDoublesWithEachRoundUpToTheLimit() {
    var window = ProbeWindow(start: 100, floor: 10, limit: 350)
    for _ in 0..<100 { window.grow() }
    #expect(window.size == 200)
    for _ in 0..<1000 { window.grow() }
    #expect(window.size == 350)
  }

  @Test func aLossHalvesItAndThenItGrowsSlowly() {
    var window = ProbeWindow(start: 100, floor: 10, limit: 1000)
    window.shrink(at: now)
    #expect(window.size == 50)
    for _ in 0..<50 { window.grow() }
    #expect(window.size == 51)
  }

  @Test func lossesTogetherCountOnce() {
    var window = ProbeWindow(start: 128, floor: 10, limit: 1000)
    for _ in 0..<5 { window.shrink(at: now) }
    #expect(window.size == 64)
    window.shrink(at: now + ProbeWindow.lossInterval)
    #expect(window.size == 32)
  }

  @Test func itNeverFallsBelowTheFloor() {
    var window = ProbeWindow(start: 100, floor: 40, limit: 1000)
    for second in 1...9 { window.shrink(at: now + .seconds(second)) }
    #expect(window.size == 40)
  }

  @Test func aShortageIsALimit() {
    var window = ProbeWindow(start: 100, floor: 40, limit: 1000)
    window.cap(at: 7)
    for _ in 0..<1000 { window.grow() }
    #expect(window.size == 7)
    window.cap(at: 0)
    #expect(window.size == 1)
  }
}

struct RoundTripEstimateTests {
  private let limit = Duration.seconds(3)

  @Test func nothingIsKnownAtFirst() {
    let estimate = RoundTripEstimate()
    #expect(!estimate.isKnown)
    #expect(estimate.timeout(repetition: 0, limit: limit) == RoundTripEstimate.unmeasured)
    #expect(estimate.timeout(repetition: 0, limit: .seconds(1)) == .seconds(1))
  }

  @Test func aQuickHostIsNotWaitedForLong() {
    var estimate = RoundTripEstimate()
    for _ in 0..<10 { estimate.add(.microseconds(100)) }
    #expect(estimate.timeout(repetition: 0, limit: limit) == RoundTripEstimate.shortest)
  }

  @Test func aSlowHostIsGivenItsTime() {
    var estimate = RoundTripEstimate()
    for time in [400, 600, 400, 600, 500] { estimate.add(.milliseconds(time)) }
    #expect(estimate.timeout(repetition: 0, limit: limit) > .milliseconds(900))
    #expect(estimate.timeout(repetition: 0, limit: .milliseconds(700)) == .milliseconds(700))
  }

  /// Long enough for the kernel to send its SYN twice.
  @Test func aRepetitionWaitsLonger() {
    var estimate = RoundTripEstimate()
    estimate.add(.microseconds(100))
    #expect(estimate.timeout(repetition: 1, limit: limit) > .seconds(1))
  }

  @Test func whatCanNotBeIsHarmless() {
    var estimate = RoundTripEstimate()
    estimate.add(.seconds(-5))
    estimate.add(.zero)
    #expect(estimate.timeout(repetition: 0, limit: limit) == RoundTripEstimate.shortest)
  }
}
