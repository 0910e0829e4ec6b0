internal import Kernel
internal import Model

/// Collects the first bytes that a peer sends, and greets it where its protocol waits for that.
///
/// A peer may be anything: what it sends is cut at `limit`, a trickle ends at the deadline, and a
/// reset keeps what came before.
struct BannerReader {
  /// The most that is kept of a banner, in bytes.
  static let limit = 1024
  /// The longest that a banner is waited for.
  static let patience = Duration.seconds(2)
  /// How long a peer that has not said anything is left in peace before it is greeted.
  static let greetingDelay = Duration.milliseconds(300)
  /// How long to wait for more once something came.
  static let quiet = Duration.milliseconds(150)

  private(set) var bytes: [UInt8] = []
  private let port: Port
  private let deadline: MonotonicTime
  private let greetingTime: MonotonicTime
  private var hasGreeted = false
  private var quietTime: MonotonicTime?

  init(port: Port, timeout: Duration, start: MonotonicTime) {
    self.port = port
    deadline = start + min(timeout, Self.patience)
    greetingTime = start + min(Self.greetingDelay, timeout / 2)
  }

  /// Reads what is there.
  ///
  /// - Returns: when to look again at the latest; `nil`: the banner is complete.
  mutating func advance(
    _ socket: borrowing Socket, target: IPAddress, at now: MonotonicTime
  ) -> MonotonicTime? {
    while bytes.count < Self.limit {
      do throws(KernelError) {
        guard let more = try socket.receive(limit: Self.limit - bytes.count) else { break }
        if more.isEmpty { return nil }
        bytes += more
        quietTime = now + Self.quiet
      } catch {
        // Reset, or an error on the way: what came is all there is.
        return nil
      }
    }
    if bytes.count >= Self.limit || now >= deadline { return nil }
    if let quietTime { return now >= quietTime ? nil : min(quietTime, deadline) }
    guard !hasGreeted, let greeting = Greeting.bytes(for: port, host: target) else {
      return deadline
    }
    guard now >= greetingTime else { return min(greetingTime, deadline) }
    hasGreeted = true
    // A greeting that can't be sent whole and at once is not worth more trouble.
    _ = try? socket.send(greeting)
    return deadline
  }
}

/// What to say first to a service that waits to be spoken to. Harmless questions only.
enum Greeting {
  /// Ports where a web server is usual.
  private static let web: Set<UInt16> = [
    80, 81, 591, 3000, 5000, 5601, 8000, 8001, 8008, 8080, 8081, 8088, 8090, 8888, 9000, 9090, 9200,
  ]

  /// The greeting for a port; `nil`: none is known, or the peer speaks first.
  static func bytes(for port: Port, host: IPAddress) -> [UInt8]? {
    switch port.number {
    case 6379: return Array("PING\r\n".utf8)
    case 11211: return Array("version\r\n".utf8)
    case 2181: return Array("srvr\n".utf8)
    case 554: return Array("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".utf8)
    case 79, 113: return Array("\r\n".utf8)
    case let number where web.contains(number):
      return Array("HEAD / HTTP/1.0\r\n\r\n".utf8)
    default: return nil
    }
  }
}
