internal import Glibc
package import Model

/// Owns an internet socket that never blocks and closes on exec.
///
/// The error queue is switched on from the start (`IP_RECVERR`, `IPV6_RECVERR`): without it IPv6
/// reports an ICMP error only after the first retransmission, and UDP only some of them.
package struct Socket: ~Copyable {
  let descriptor: FileDescriptor
  package let family: IPFamily
  package let transport: TransportProtocol

  /// Opens a TCP or UDP socket.
  ///
  /// - Throws: `.call` with EMFILE, ENFILE, ENOBUFS, EAFNOSUPPORT ... (socket(2)).
  package init(_ family: IPFamily, _ transport: TransportProtocol) throws(KernelError) {
    descriptor = try Self.open(family, transport)
    self.family = family
    self.transport = transport
  }

  private static func open(
    _ family: IPFamily, _ transport: TransportProtocol
  ) throws(KernelError) -> FileDescriptor {
    let type = transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
    let flags = type.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let number = try systemCall("socket", "opening a \(transport) socket") {
      Glibc.socket(Int32(family.rawValue), Int32(bitPattern: flags), Int32(transport.rawValue))
    }
    let descriptor = FileDescriptor(owning: number)
    try SocketOption.errorQueue(family).apply(to: number, 1)
    return descriptor
  }

  /// Takes the local address and port; a port of `nil` leaves the choice to connect(2).
  ///
  /// - Throws: `.call` with EADDRNOTAVAIL (not this host's address), EADDRINUSE, EACCES (bind(2)).
  package func bind(
    to address: IPAddress, port: Port? = nil, scope: InterfaceIndex? = nil
  ) throws(KernelError) {
    if port != nil {
      // As nc does: a port in TIME_WAIT may be used again.
      try SocketOption.reuseAddress.apply(to: descriptor.number, 1)
    } else if transport == .tcp {
      // ip(7): the port is chosen when the whole four-tuple is known, so they don't run out.
      try SocketOption.bindAddressWithoutPort.apply(to: descriptor.number, 1)
    }
    let name = SocketAddress(address, port: port, scope: scope)
    _ = try systemCall("bind", "binding to \(Endpoint(address, port: port))") {
      // Safe: the pointer is valid during the call, which only reads.
      unsafe name.withPointer { unsafe Glibc.bind(descriptor.number, $0, $1) }
    }
  }

  /// How a connect went.
  package enum Connection: Hashable, Sendable {
    case established
    case inProgress
  }

  /// Starts to connect; a UDP socket only remembers its peer and source.
  ///
  /// - Throws: `.call` with what the routing, a cgroup program or an LSM says at once (connect(2)).
  package func connect(
    to address: IPAddress, port: Port, scope: InterfaceIndex? = nil
  ) throws(KernelError) -> Connection {
    let name = SocketAddress(address, port: port, scope: scope)
    do {
      _ = try systemCall("connect", "connecting to \(Endpoint(address, port: port))") {
        // Safe: the pointer is valid during the call, which only reads.
        unsafe name.withPointer { unsafe Glibc.connect(descriptor.number, $0, $1) }
      }
      return .established
    } catch .call(_, .inProgress, _) {
      return .inProgress
    }
  }

  /// Sends bytes to the peer that connect(2) set; `nil`: the socket has no room now.
  package func send(_ bytes: [UInt8]) throws(KernelError) -> Int? {
    // MSG_NOSIGNAL: a peer that has gone is an error to report, not a reason to die.
    try nonBlockingCall("send", "sending") {
      // Safe: the array's storage is valid during the call, which only reads.
      unsafe Glibc.send(descriptor.number, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
  }

  /// Sends a datagram to `address` from a socket without peer; `nil`: no room now.
  package func send(
    _ bytes: [UInt8], to address: IPAddress, port: Port, scope: InterfaceIndex? = nil
  ) throws(KernelError) -> Int? {
    let name = SocketAddress(address, port: port, scope: scope)
    return try nonBlockingCall("sendto", "sending to \(Endpoint(address, port: port))") {
      // Safe: both pointers are valid during the call, which only reads.
      unsafe name.withPointer {
        unsafe sendto(
          descriptor.number, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, $1)
      }
    }
  }

  /// Reads at most `limit` bytes, or one datagram cut at `limit`; `nil`: nothing there now. A count
  /// of zero is the end of a stream, or an empty datagram.
  ///
  /// - Throws: `.call` with ECONNRESET, ECONNREFUSED, EHOSTUNREACH ... (recv(2)).
  package func receive(limit: Int) throws(KernelError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: limit)
    let got = try nonBlockingCall("recv", "receiving") {
      // Safe: the kernel writes at most `limit` bytes, which is the array's size.
      unsafe recv(descriptor.number, &bytes, limit, 0)
    }
    guard let got else { return nil }
    bytes.removeLast(limit - got)
    return bytes
  }

  /// Reads one datagram, cut at `limit`, with its sender; `nil`: nothing there now.
  package func receiveFrom(
    limit: Int
  ) throws(KernelError) -> (bytes: [UInt8], sender: Endpoint?, scope: InterfaceIndex?)? {
    var bytes = [UInt8](repeating: 0, count: limit)
    var name = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_in6>.size)
    var length = socklen_t(name.count)
    let got = try nonBlockingCall("recvfrom", "receiving") {
      // Safe: the kernel writes within the counts given, both of which are the arrays' own.
      unsafe name.withUnsafeMutableBytes { raw in
        unsafe recvfrom(
          descriptor.number, &bytes, limit, 0,
          raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
      }
    }
    guard let got else { return nil }
    let sender = SocketAddress.endpoint(name.prefix(Int(min(length, 28))))
    return (Array(bytes.prefix(got)), sender?.endpoint, sender?.scope)
  }

  /// The socket's own address and port; `nil` when the kernel would not say.
  package var localEndpoint: Endpoint? {
    var name = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_in6>.size)
    var length = socklen_t(name.count)
    // Safe: the kernel writes at most `length` bytes, which is the array's size.
    let result = unsafe name.withUnsafeMutableBytes { raw in
      unsafe getsockname(
        descriptor.number, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
    }
    guard result == 0 else { return nil }
    return SocketAddress.endpoint(name.prefix(Int(length)))?.endpoint
  }
}
