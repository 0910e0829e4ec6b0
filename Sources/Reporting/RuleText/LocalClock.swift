/// How far local time is ahead of UTC. nft writes and reads times of day and dates in local time
/// (`hour_type_print`, `date_type_print` in src/meta.c of nftables), the kernel keeps them in UTC.
package struct LocalClock: Sendable {
  /// Seconds ahead of UTC at a time in seconds since 1970; at `nil`, now.
  package var offset: @Sendable (Int64?) -> Int64

  package init(offset: @escaping @Sendable (Int64?) -> Int64) {
    self.offset = offset
  }

  /// No zone: what is shown is UTC.
  package static let utc = LocalClock { _ in 0 }

  /// Seconds since local midnight, out of those since midnight UTC.
  func timeOfDay(_ seconds: UInt64) -> UInt64 {
    let day: Int64 = 86400
    let local = (Int64(seconds % 86400) + offset(nil) % day + day) % day
    return UInt64(local)
  }

  /// Seconds since 1970, as if local time were UTC.
  func date(_ seconds: UInt64) -> UInt64 {
    let time = Int64(clamping: seconds)
    return UInt64(clamping: time.addingReportingOverflow(offset(time)).partialValue)
  }
}
