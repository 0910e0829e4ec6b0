extension Listener {
  /// How a socket stands to a packet for it.
  package enum Fit: Hashable, Sendable {
    case takes
    case misses(ListenerEvidence.NearMiss.Reason)
    /// Another port altogether, or a UDP socket that is connected to another peer.
    case unrelated
  }

  /// Whether the socket would take a packet.
  ///
  /// Sources: `compute_score`, net/ipv4/inet_hashtables.c; `udp4_lib_lookup2`, net/ipv4/udp.c.
  ///
  /// - Parameter device: the device that the packet comes in by; `nil`: not known, any will do.
  package func fit(
    transport: TransportProtocol, destination: Endpoint, source: Endpoint?,
    device: InterfaceIndex?
  ) -> Fit {
    guard port == destination.port else { return .unrelated }
    guard transport == self.transport else { return .misses(.transport) }
    if let peer, let source, source != peer { return .unrelated }
    let target = destination.address
    let isMapped = address.mappedV4 == target && address.family == .v6
    if address.family != target.family, !isMapped {
      // An IPv6 wildcard socket without IPV6_V6ONLY takes IPv4 as well.
      guard address.family == .v6, address.isUnspecified, !isV6Only else {
        return .misses(.family)
      }
    } else if !address.isUnspecified, !isMapped, address != target {
      return .misses(.address)
    }
    if let bound = self.device, let device, bound != device { return .misses(.device) }
    return .takes
  }
}

extension ListenerEvidence {
  /// Sorts the sockets of a host into those that take a packet, and those that nearly do.
  package init(
    _ listeners: [Listener], transport: TransportProtocol, destination: Endpoint,
    source: Endpoint?, device: InterfaceIndex?, namespace: String? = nil
  ) {
    var matching: [Listener] = []
    var near: [NearMiss] = []
    for listener in listeners {
      switch listener.fit(
        transport: transport, destination: destination, source: source, device: device)
      {
      case .takes: matching.append(listener)
      case .misses(let reason): near.append(NearMiss(listener: listener, reason: reason))
      case .unrelated: continue
      }
    }
    self.init(matching: matching, near: near, endpoint: destination, namespace: namespace)
  }
}
