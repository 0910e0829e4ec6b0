import Glibc
import Model
import TestSupport

/// A socket of the calling thread's namespace, with the options that `TestListener` has not.
final class TestSocket: Sendable {
  let number: Int32

  /// - Parameters:
  ///   - backlog: `nil` for a socket that does not listen.
  ///   - device: bound to that device (SO_BINDTODEVICE).
  init(
    _ transport: TransportProtocol = .tcp, on address: IPAddress, port: UInt16,
    isV6Only: Bool = false, device: String? = nil, backlog: Int32? = 16
  ) throws {
    let kind = Int32((transport == .udp ? SOCK_DGRAM : SOCK_STREAM).rawValue)
    number = socket(Int32(address.family.rawValue), kind | O_CLOEXEC, 0)
    guard number >= 0 else { throw FixtureError("socket failed: \(errno)") }
    var one: Int32 = 1
    setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    if address.family == .v6 {
      var only: Int32 = isV6Only ? 1 : 0
      setsockopt(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &only, 4)
    }
    if let device {
      let name = Array(device.utf8) + [0]
      guard setsockopt(number, SOL_SOCKET, SO_BINDTODEVICE, name, socklen_t(name.count)) == 0
      else { throw FixtureError("SO_BINDTODEVICE failed: \(errno)") }
    }
    guard Self.pass(address, port, to: { bind(number, $0, $1) }) == 0 else {
      throw FixtureError("bind to \(address) \(port) failed: \(errno)")
    }
    if let backlog, transport == .tcp { listen(number, backlog) }
  }

  deinit { close(number) }

  /// Connects without waiting, as far as it gets.
  func startConnecting(to address: IPAddress, port: UInt16) {
    _ = fcntl(number, F_SETFL, O_NONBLOCK)
    _ = Self.pass(address, port, to: { connect(number, $0, $1) })
  }

  private static func pass(
    _ address: IPAddress, _ port: UInt16, to call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    let (high, low) = (UInt8(port >> 8), UInt8(port & 0xff))
    let isV4 = address.family == .v4
    let head = [address.family.rawValue, 0, high, low] + (isV4 ? [] : [0, 0, 0, 0])
    let bytes = head + address.bytes + [UInt8](repeating: 0, count: isV4 ? 8 : 4)
    return bytes.withUnsafeBytes { space in
      guard let start = space.baseAddress else { return -1 }
      return call(start.assumingMemoryBound(to: sockaddr.self), socklen_t(space.count))
    }
  }
}
