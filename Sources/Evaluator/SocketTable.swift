internal import Model

/// The sockets of a host, found as the kernel finds them for a packet.
///
/// Sources: `__inet_lookup`, net/ipv4/inet_hashtables.c; `__udp4_lib_lookup`, net/ipv4/udp.c; and
/// their IPv6 siblings.
struct SocketTable {
  /// A packet as sockets see it.
  struct Key {
    var transport: TransportProtocol
    var local: Endpoint
    var peer: Endpoint
    /// The device that the packet came in by.
    var device: InterfaceIndex
  }

  private struct Place: Hashable {
    var transport: TransportProtocol
    var port: Port
  }

  private let sockets: [Place: [LocalSocket]]

  init(_ sockets: [LocalSocket]) {
    self.sockets = Dictionary(
      grouping: sockets, by: { Place(transport: $0.transport, port: $0.port) })
  }

  private func candidates(_ key: Key) -> [LocalSocket] {
    guard let port = key.local.port else { return [] }
    let all = sockets[Place(transport: key.transport, port: port)] ?? []
    return all.filter { $0.device == nil || $0.device == key.device }
  }

  /// A connection of exactly these two ends, those that are ending included.
  func connection(_ key: Key) -> LocalSocket? {
    candidates(key).first {
      switch $0.state {
      case .connected, .handshake, .timeWait:
        $0.peer == key.peer && $0.address == key.local.address
      case .listening, .unconnected: false
      }
    }
  }

  /// A listening socket: one of the very address, else one of all addresses; among those one that
  /// is bound to the device, and one of IPv4 for IPv4 (`compute_score`).
  func listener(_ key: Key) -> LocalSocket? {
    best(key, for: candidates(key).filter { $0.state == .listening }) { socket in
      (socket.device == nil ? 1 : 2) + (socket.family == .v4 ? 1 : 0)
    }
  }

  /// What takes a packet: of TCP a connection before a listener.
  func receiver(_ key: Key) -> LocalSocket? {
    guard key.transport == .udp else { return connection(key) ?? listener(key) }
    let open = candidates(key).filter { $0.peer == nil || $0.peer == key.peer }
    return best(key, for: open) { socket in
      (socket.family == .v4 ? 2 : 1) + (socket.peer == nil ? 0 : 8)
        + (socket.device == nil ? 0 : 4)
    }
  }

  private func best(
    _ key: Key, for sockets: [LocalSocket], score: (LocalSocket) -> Int
  ) -> LocalSocket? {
    let family = key.local.address.family
    let exact = sockets.filter { $0.address == key.local.address }
    let wide = sockets.filter {
      // IPv6's wildcard is IPv4's as well, unless the socket says no.
      $0.address.isUnspecified
        && ($0.address.family == family || family == .v4 && !$0.isV6Only)
    }
    for list in [exact, wide] {
      var chosen: (socket: LocalSocket, score: Int)?
      for socket in list {
        let score = score(socket)
        if score > chosen?.score ?? -1 { chosen = (socket, score) }
      }
      if let chosen { return chosen.socket }
    }
    return nil
  }
}
