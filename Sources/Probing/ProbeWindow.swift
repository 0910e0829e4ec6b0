internal import Kernel

/// How many probes may be on their way at once: grows while all goes well and shrinks at signs of
/// loss, as TCP's congestion window does (RFC 5681, section 3.1).
///
/// Silence alone is no such sign: most silent ports are silent for good. An answer that came only
/// when the question was repeated is one.
struct ProbeWindow {
  /// How many now.
  private(set) var size: Int
  /// Lowered when this host runs out of something.
  private(set) var limit: Int
  private let floor: Int
  /// Below it the window doubles with each round, above it grows by one.
  private var threshold: Int
  private var credit = 0
  private var lastLoss: MonotonicTime?

  /// Losses within this time of each other count once: one full queue loses many packets.
  static let lossInterval = Duration.milliseconds(100)

  /// - Parameters:
  ///   - start: how many at first.
  ///   - floor: never fewer, as far as `limit` allows.
  ///   - limit: never more.
  init(start: Int, floor: Int, limit: Int) {
    self.limit = max(1, limit)
    self.floor = min(max(1, floor), self.limit)
    size = min(max(start, self.floor), self.limit)
    threshold = self.limit
  }

  /// A probe has ended without a sign of loss.
  mutating func grow() {
    guard size < limit else { return }
    if size < threshold {
      size += 1
      return
    }
    credit += 1
    guard credit >= size else { return }
    credit = 0
    size += 1
  }

  /// An answer came that needed a repetition.
  mutating func shrink(at now: MonotonicTime) {
    if let lastLoss, now < lastLoss + Self.lossInterval { return }
    lastLoss = now
    threshold = max(floor, size / 2)
    size = threshold
  }

  /// This host can't hold more than `count` at once.
  mutating func cap(at count: Int) {
    limit = max(1, min(limit, count))
    size = min(size, limit)
  }
}
