internal import Glibc
internal import Model

/// An address, port and scope in the form that the socket calls take (ip(7), ipv6(7)).
struct SocketAddress {
  /// Large enough for both families; an IPv4 address occupies the first 16 bytes.
  private var storage: sockaddr_in6
  private let length: socklen_t

  init(_ address: IPAddress, port: Port?, scope: InterfaceIndex? = nil) {
    storage = sockaddr_in6()
    let number = port?.number ?? 0
    // sin_port and sin6_port are at the same place, in network order.
    storage.sin6_port = in_port_t(bigEndian: number)
    switch address.family {
    case .v4:
      storage.sin6_family = sa_family_t(AF_INET)
      // sin_addr is where sin6_flowinfo is: bytes 4 to 7.
      storage.sin6_flowinfo = UInt32(truncatingIfNeeded: address.bits).bigEndian
      length = socklen_t(MemoryLayout<sockaddr_in>.size)
    case .v6:
      storage.sin6_family = sa_family_t(AF_INET6)
      storage.sin6_scope_id = scope?.rawValue ?? 0
      let bits = address.bits.bigEndian
      // Safe: both sides are exactly 16 bytes, and every bit pattern is a valid in6_addr.
      storage.sin6_addr = unsafe unsafeBitCast(bits, to: in6_addr.self)
      length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    }
  }

  /// Calls `body` with a pointer that is valid until it returns.
  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    // Safe: sockaddr is the header that sockaddr_in and sockaddr_in6 begin with, and `length`
    // never exceeds the storage.
    unsafe withUnsafeBytes(of: storage) { bytes in
      guard let base = bytes.baseAddress else { preconditionFailure("a struct has an address") }
      return unsafe body(base.assumingMemoryBound(to: sockaddr.self), length)
    }
  }

  /// Reads what the kernel wrote: a sockaddr_in or sockaddr_in6; anything else gives `nil`.
  static func endpoint(_ bytes: ArraySlice<UInt8>) -> (endpoint: Endpoint, scope: InterfaceIndex?)?
  {
    let bytes = Array(bytes)
    guard bytes.count >= 8 else { return nil }
    let port = Port(UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
    switch Int32(truncatingIfNeeded: nativeInteger(bytes[0..<2])) {
    case AF_INET:
      guard let address = IPAddress(bytes: bytes[4..<8]) else { return nil }
      return (Endpoint(address, port: port), nil)
    case AF_INET6:
      guard bytes.count >= 24, let address = IPAddress(bytes: bytes[8..<24]) else { return nil }
      guard bytes.count >= 28 else { return (Endpoint(address, port: port), nil) }
      let index = UInt32(truncatingIfNeeded: nativeInteger(bytes[24..<28]))
      return (Endpoint(address, port: port), index == 0 ? nil : InterfaceIndex(rawValue: index))
    default:
      return nil
    }
  }
}

extension InterfaceIndex {
  /// The device that a scope id names: `eth0`, or a number. `nil` if there is none of that name.
  ///
  /// The corresponding C function is `if_nametoindex`.
  package init?(scope: String) {
    if let number = UInt32(scope), number != 0 {
      self.init(rawValue: number)
      return
    }
    guard !scope.isEmpty, !scope.utf8.contains(0) else { return nil }
    // Safe: the name is passed as a NUL-terminated copy that lives through the call.
    let index = unsafe if_nametoindex(scope)
    guard index != 0 else { return nil }
    self.init(rawValue: index)
  }
}
