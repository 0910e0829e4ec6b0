internal import Glibc

/// The zone that people on this machine live in (TZ, /etc/localtime).
package enum LocalTime {
  /// Seconds that local time is ahead of UTC (`tm_gmtoff` of localtime_r(3)), 0 if nobody knows.
  ///
  /// - Parameter seconds: since 1970; `nil` is now.
  package static func offset(at seconds: Int64?) -> Int64 {
    var moment = seconds.map { time_t($0) } ?? time_t(WallClock.now)
    // Safe: all zero.
    var fields = unsafe tm()
    // localtime_r(3) need not look at TZ itself.
    tzset()
    // Safe: both outlive the call, which reads the first and fills the second.
    guard unsafe localtime_r(&moment, &fields) != nil else { return 0 }
    // Safe: a number, whatever the struct's pointer to a name is worth.
    return unsafe Int64(fields.tm_gmtoff)
  }

  /// A moment as ctime(3) has it, without line end: `Sun Nov 22 21:47:29 2026`.
  ///
  /// - Parameter seconds: since 1970.
  package static func text(of seconds: Int64) -> String {
    var moment = time_t(seconds)
    // Safe: all zero.
    var fields = unsafe tm()
    tzset()
    // Safe: both outlive the call, which reads the first and fills the second.
    guard unsafe localtime_r(&moment, &fields) != nil else { return "" }
    var buffer = [CChar](repeating: 0, count: 64)
    let size = buffer.count
    // Safe: the call writes at most `size` bytes of the buffer, and reads the fields.
    let length = unsafe strftime(&buffer, size, "%a %b %e %H:%M:%S %Y", &fields)
    return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
