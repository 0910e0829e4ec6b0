import Glibc
import Testing

@testable import Kernel

struct DetachedCallTests {
  private func never() -> Bool { false }
  private func always() -> Bool { true }

  @Test func aValueComesBack() throws {
    let value = try DetachedCall.run(until: .now + .seconds(5), isInterrupted: never) { 42 }
    #expect(value == 42)
  }

  @Test func whatHangsIsLeftBehind() throws {
    let start = MonotonicTime.now
    let value = try DetachedCall.run(until: .now + .milliseconds(100), isInterrupted: never) {
      usleep(1_000_000)
      return 1
    }
    #expect(value == nil)
    #expect(MonotonicTime.now - start < .milliseconds(800))
  }

  @Test func anInterruptionEndsTheWait() throws {
    let start = MonotonicTime.now
    let value = try DetachedCall.run(until: .now + .seconds(30), isInterrupted: always) {
      usleep(1_000_000)
      return 1
    }
    #expect(value == nil)
    #expect(MonotonicTime.now - start < .milliseconds(800))
  }

  @Test func durationsStayWithin64Bits() {
    #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
    #expect(Duration.milliseconds(1500).wholeNanoseconds == 1_500_000_000)
    #expect(MonotonicTime(nanoseconds: .max - 1) + .seconds(5) == MonotonicTime(nanoseconds: .max))
  }
}
