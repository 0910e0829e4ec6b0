/// A socket that can receive: a TCP listener, or a UDP socket.
package struct Listener: Hashable, Sendable {
  package var transport: TransportProtocol
  /// The address it is bound to; unspecified for all.
  package var address: IPAddress
  package var port: Port
  /// A connected UDP socket hears only this peer.
  package var peer: Endpoint?
  /// The device it is bound to (SO_BINDTODEVICE).
  package var device: InterfaceIndex?
  package var deviceName: String?
  /// An IPv6 socket that takes no IPv4.
  package var isV6Only: Bool
  /// Connections waiting to be accepted (TCP), or bytes waiting to be read (UDP).
  package var queue: UInt32
  /// The accept queue's limit (TCP).
  package var backlog: UInt32
  package var inode: UInt64
  package var userID: UInt32
  /// `nil` when the uid has no name or was not asked for.
  package var user: String?
  /// Inode of the socket's cgroup directory (`INET_DIAG_CGROUP_ID`).
  package var cgroupID: UInt64?
  package var unit: String?
  package var program: Program?

  package init(
    transport: TransportProtocol, address: IPAddress, port: Port, peer: Endpoint? = nil,
    device: InterfaceIndex? = nil, deviceName: String? = nil, isV6Only: Bool = false,
    queue: UInt32 = 0, backlog: UInt32 = 0, inode: UInt64 = 0, userID: UInt32 = 0,
    user: String? = nil, cgroupID: UInt64? = nil, unit: String? = nil, program: Program? = nil
  ) {
    self.transport = transport
    self.address = address
    self.port = port
    self.peer = peer
    self.device = device
    self.deviceName = deviceName
    self.isV6Only = isV6Only
    self.queue = queue
    self.backlog = backlog
    self.inode = inode
    self.userID = userID
    self.user = user
    self.cgroupID = cgroupID
    self.unit = unit
    self.program = program
  }

  /// Whether its accept queue holds more than it may: further SYNs are dropped
  /// (`sk_acceptq_is_full`, include/net/sock.h).
  package var isBacklogFull: Bool { transport == .tcp && backlog < .max && queue > backlog }
}

/// The process behind a socket.
package struct Program: Hashable, Sendable {
  package var pid: Int32
  package var command: String

  package init(pid: Int32, command: String) {
    self.pid = pid
    self.command = command
  }
}

/// Listeners of another network namespace of the same host.
package struct NamespaceListeners: Hashable, Sendable {
  /// For people: the name under /run/netns, or `pid 812 (nginx)`.
  package var namespace: String
  /// What `--netns` takes for it.
  package var selector: String
  package var listeners: [Listener]

  package init(namespace: String, selector: String, listeners: [Listener]) {
    self.namespace = namespace
    self.selector = selector
    self.listeners = listeners
  }
}
