/// A TCP or UDP socket as arriving packets find it, connected ones included.
package struct LocalSocket: Hashable, Sendable {
  /// What kind of kernel structure it is, which decides what rules can ask of it.
  package enum State: Hashable, Sendable {
    case listening
    /// UDP without a peer.
    case unconnected
    /// With a peer: any state of TCP from SYN-SENT on, and connected UDP.
    case connected
    /// A handshake that waits for its last ACK (`TCP_NEW_SYN_RECV`): no full socket yet.
    case handshake
    /// `TCP_TIME_WAIT`: no full socket any more.
    case timeWait
  }

  package var transport: TransportProtocol
  /// The local address, unspecified for all; IPv4 for sockets that take only IPv4.
  package var address: IPAddress
  package var port: Port
  package var peer: Endpoint?
  package var state: State
  /// `AF_INET` or `AF_INET6`: a socket of the latter may take IPv4, too.
  package var family: IPFamily
  package var isV6Only: Bool
  /// The device it is bound to (SO_BINDTODEVICE).
  package var device: InterfaceIndex?
  /// IP_TRANSPARENT; `nil` when the kernel does not tell.
  package var isTransparent: Bool?
  /// SO_MARK; `nil` when the kernel does not tell.
  package var mark: UInt32?
  /// The ids of its cgroup (version 2) and of those above, the root first; `nil` if not known.
  package var cgroups: [UInt64]?

  package init(
    transport: TransportProtocol, address: IPAddress, port: Port, peer: Endpoint? = nil,
    state: State, family: IPFamily, isV6Only: Bool = false, device: InterfaceIndex? = nil,
    isTransparent: Bool? = false, mark: UInt32? = 0, cgroups: [UInt64]? = nil
  ) {
    self.transport = transport
    self.address = address
    self.port = port
    self.peer = peer
    self.state = state
    self.family = family
    self.isV6Only = isV6Only
    self.device = device
    self.isTransparent = isTransparent
    self.mark = mark
    self.cgroups = cgroups
  }

  /// Whether it is a whole socket (`sk_fullsock`, include/net/sock.h).
  package var isFull: Bool {
    switch state {
    case .listening, .unconnected, .connected: true
    case .handshake, .timeWait: false
    }
  }
}
