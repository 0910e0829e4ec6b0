internal import Glibc
package import Model

/// A socket inside a namespace, bound and (for TCP) listening. Nobody accepts: the kernel completes
/// handshakes by itself. It closes at the end of its life.
package final class TestListener: Sendable {
  package let port: UInt16
  private let socket: Int32

  /// - Parameters:
  ///   - address: the local address; the wildcard of either family too. IPv6 sockets are v6-only.
  ///   - port: 0 lets the kernel choose.
  package init(
    _ transport: TransportProtocol = .tcp, on address: IPAddress, port: UInt16 = 0,
    backlog: Int32 = 16, isTransparent: Bool = false, mark: UInt32 = 0,
    in namespace: TestNamespace
  ) throws {
    (socket, self.port) = try namespace.inside {
      let kind = transport == .udp ? SOCK_DGRAM : SOCK_STREAM
      let family = Int32(address.family.rawValue)
      let socket = Glibc.socket(family, Int32(kind.rawValue) | O_CLOEXEC, 0)
      guard socket >= 0 else { throw FixtureError(call: "socket") }
      do {
        try Self.setOptions(socket, address.family, isTransparent: isTransparent, mark: mark)
        let bound = try Self.bind(socket, to: address, port: port)
        if transport != .udp, listen(socket, backlog) != 0 { throw FixtureError(call: "listen") }
        return (socket, bound)
      } catch {
        close(socket)
        throw error
      }
    }
  }

  deinit { close(socket) }

  private static func setOptions(
    _ socket: Int32, _ family: IPFamily, isTransparent: Bool, mark: UInt32
  ) throws {
    var (one, mark) = (Int32(1), mark)
    // IP_TRANSPARENT and IPV6_TRANSPARENT.
    let (level, name) = family == .v4 ? (IPPROTO_IP, 19) : (IPPROTO_IPV6, 75)
    if isTransparent, setsockopt(socket, Int32(level), Int32(name), &one, 4) != 0 {
      throw FixtureError(call: "IP_TRANSPARENT")
    }
    if mark != 0, setsockopt(socket, SOL_SOCKET, SO_MARK, &mark, 4) != 0 {
      throw FixtureError(call: "SO_MARK")
    }
  }

  private static func bind(_ socket: Int32, to address: IPAddress, port: UInt16) throws -> UInt16 {
    var one: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    if address.family == .v6 { setsockopt(socket, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, 4) }
    var bytes = SocketAddress.bytes(address, port: port)
    guard SocketAddress.pass(bytes, to: { Glibc.bind(socket, $0, $1) }) == 0 else {
      throw FixtureError(call: "bind to \(address) port \(port)")
    }
    var length = socklen_t(bytes.count)
    let named = bytes.withUnsafeMutableBytes {
      getsockname(socket, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
    }
    guard named == 0 else { throw FixtureError(call: "getsockname") }
    return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
  }
}

/// `sockaddr_in` and `sockaddr_in6` as bytes.
enum SocketAddress {
  static func bytes(_ address: IPAddress, port: UInt16) -> [UInt8] {
    let family = UInt16(address.family.rawValue)
    // sa_family is in host order; every machine that Swift for Linux knows is little endian.
    let head = [UInt8(family & 0xff), UInt8(family >> 8), UInt8(port >> 8), UInt8(port & 0xff)]
    switch address.family {
    case .v4: return head + address.bytes + [UInt8](repeating: 0, count: 8)
    case .v6: return head + [0, 0, 0, 0] + address.bytes + [0, 0, 0, 0]
    }
  }

  static func pass(
    _ bytes: [UInt8], to call: (UnsafePointer<sockaddr>?, socklen_t) -> Int32
  ) -> Int32 {
    bytes.withUnsafeBytes {
      call($0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
  }
}
