internal import CLinux
internal import Glibc
package import Model

extension SocketOption {
  /// The corresponding C names are `SOL_IPV6` and `IPV6_V6ONLY` (ipv6(7)).
  fileprivate static let onlyV6 = SocketOption(level: 41, name: 26)
}

extension Socket {
  /// A socket that others can reach, bound but not listening yet; port 0 leaves the choice to the
  /// kernel.
  ///
  /// - Parameter takesBoth: whether one on `::` takes IPv4 as well.
  /// - Throws: `.call` with EADDRINUSE, EACCES, EADDRNOTAVAIL, EAFNOSUPPORT ... (bind(2)).
  package static func reachable(
    _ transport: TransportProtocol, on address: ScopedAddress, port: Port, takesBoth: Bool
  ) throws(KernelError) -> Socket {
    let socket = try Socket(address.address.family, transport)
    // Inherited by what is accepted; an ICMP error is no reason to give a connection up.
    try SocketOption.errorQueue(socket.family).apply(to: socket.descriptor.number, 0)
    if socket.family == .v6 {
      try SocketOption.onlyV6.apply(to: socket.descriptor.number, takesBoth ? 0 : 1)
    }
    try socket.bind(to: address.address, port: port, scope: address.scope)
    return socket
  }

  /// Begins to take connections.
  ///
  /// - Parameter backlog: how many may wait to be accepted; net.core.somaxconn is the limit.
  /// - Throws: `.call` with EADDRINUSE (listen(2)).
  package func listen(backlog: Int32) throws(KernelError) {
    _ = try systemCall("listen", "listening") { Glibc.listen(descriptor.number, backlog) }
  }

  /// Takes one connection that waits; `nil`: none does.
  ///
  /// - Throws: `.call` with EMFILE, ENFILE, ENOBUFS, ENOMEM, or what befell the connection
  /// meanwhile:   ECONNABORTED, EPROTO ... (accept(2)).
  package func accept() throws(KernelError) -> (stream: ByteStream, peer: Endpoint?)? {
    var name = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_in6>.size)
    var length = socklen_t(name.count)
    let number = try nonBlockingCall("accept", "taking a connection") {
      // Safe: the kernel writes at most `length` bytes, which is the array's size.
      unsafe name.withUnsafeMutableBytes { raw in
        unsafe reach_accept(descriptor.number, raw.baseAddress, &length)
      }
    }
    guard let number else { return nil }
    let stream = ByteStream(socket: FileDescriptor(owning: number))
    let peer = SocketAddress.endpoint(name.prefix(Int(min(length, 28))))?.endpoint
    return (stream, peer)
  }
}
