internal import Kernel

/// How long an answer from one host takes, from the answers so far: the smoothed mean and
/// deviation of RFC 6298, section 2, as nmap keeps them for each host.
struct RoundTripEstimate {
  /// In nanoseconds; `nil` until the first answer.
  private var mean: Int64?
  private var deviation: Int64 = 0

  /// Never waited less for: this host may be busy with other things than its answers.
  static let shortest = Duration.milliseconds(200)
  /// The wait for a host that has not answered yet. The kernel sends a SYN again after one second
  /// (TCP_TIMEOUT_INIT, include/net/tcp.h), so that it covers one loss.
  static let unmeasured = Duration.milliseconds(1300)

  /// Whether the host has answered at all.
  var isKnown: Bool { mean != nil }

  /// Takes in how long one answer took.
  mutating func add(_ sample: Duration) {
    let sample = max(0, sample.wholeNanoseconds)
    guard let mean else {
      self.mean = sample
      deviation = sample / 2
      return
    }
    let error = sample - mean
    self.mean = mean + error / 8
    deviation += (abs(error) - deviation) / 4
  }

  /// How long to wait for an answer before the port counts as silent for now.
  ///
  /// - Parameters:
  ///   - repetition: how often it was asked already; each time waits longer, from the second on
  ///     long enough for the kernel to repeat its SYN.
  ///   - limit: what the user is ready to wait.
  func timeout(repetition: Int, limit: Duration) -> Duration {
    guard let mean, repetition == 0 else {
      let slow = mean.map { Duration.nanoseconds($0) * 4 } ?? .zero
      return min(limit, Self.unmeasured + slow)
    }
    let expected = Duration.nanoseconds(mean) + Duration.nanoseconds(deviation) * 4
    return min(limit, max(Self.shortest, expected * 2))
  }
}
