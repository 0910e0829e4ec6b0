internal import CLinux
internal import Glibc

/// A moment on `CLOCK_MONOTONIC`, which neither jumps nor counts suspended time; in nanoseconds.
package struct MonotonicTime: Hashable, Sendable, Comparable {
  /// Since some moment before this program's start (clock_gettime(2)).
  package let nanoseconds: Int64

  package init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// Now.
  package static var now: MonotonicTime {
    var time = timespec()
    // Safe: the call writes one timespec, which lives on this stack. It can't fail for this clock.
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
  }

  package static func < (a: MonotonicTime, b: MonotonicTime) -> Bool {
    a.nanoseconds < b.nanoseconds
  }

  /// The moment `duration` later; a moment too far away is taken as the last that there is.
  package static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
    let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
    return MonotonicTime(nanoseconds: overflow ? .max : sum)
  }

  package static func - (a: MonotonicTime, b: MonotonicTime) -> Duration {
    .nanoseconds(a.nanoseconds.subtractingReportingOverflow(b.nanoseconds).partialValue)
  }
}

extension Duration {
  /// In nanoseconds, rounded down, and kept within 64 bits.
  package var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let limit: Int64 = 9_000_000_000
    guard abs(max(seconds, -limit)) < limit else { return seconds < 0 ? .min : .max }
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
