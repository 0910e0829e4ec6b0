internal import CLinux
internal import Glibc

/// The time of day.
package enum WallClock {
  /// Seconds since 1970, in UTC.
  package static var now: Int64 { seconds(CLOCK_REALTIME) }

  /// Seconds since the host was started, suspended time counted (clock_gettime(2)).
  static var sinceBoot: Int64 { seconds(CLOCK_BOOTTIME) }

  private static func seconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // Safe: the call writes one timespec, which lives on this stack.
    _ = unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec)
  }
}

/// Turns the start times of processes into times of day.
struct StartClock: Sendable {
  private let boot = WallClock.now - WallClock.sinceBoot
  private let ticksPerSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))

  /// - Parameter ticks: from the host's start, as in /proc/PID/stat.
  /// - Returns: seconds since 1970.
  func started(ticks: UInt64) -> Int64 {
    boot + Int64(clamping: ticks / ticksPerSecond)
  }
}
