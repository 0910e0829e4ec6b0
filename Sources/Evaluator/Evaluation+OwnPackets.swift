internal import Model

/// What this host's kernel puts into the packets of ordinary sockets.
extension Evaluation {
  /// The question with TTL and maximum segment as the kernel chooses them, where it left them open.
  func completed(_ query: PacketQuery) -> PacketQuery {
    guard query.inputInterface == nil, !query.details.isCrafted else { return query }
    var query = query
    let isV4 = query.destination.address.family == .v4
    if query.ttl == nil {
      query.ttl = isV4 ? host.settings.defaultTTL : host.settings.defaultHopLimit
    }
    if query.transport == .tcp, query.details.maximumSegment == nil, let device = outgoing(query) {
      // An IPv4 packet has at most 65535 bytes (`ipv4_default_advmss`, `ip6_default_advmss`).
      let largest = isV4 ? min(device.mtu, 65535) : device.mtu
      let headers: UInt32 = isV4 ? 40 : 60
      query.details.maximumSegment = UInt16(clamping: largest > headers ? largest - headers : 536)
    }
    return query
  }

  /// The device that the packet is routed to before any rule has a say.
  private func outgoing(_ query: PacketQuery) -> Interface? {
    let bound = query.outputInterface.flatMap { host.interface(named: $0) }
    var key = RoutingTable.Key(destination: query.destination.address, mark: query.mark)
    key.source = query.source.address
    key.output = bound
    key.user = query.userID
    key.transport = query.transport.rawValue
    key.sourcePort = query.source.port?.number ?? 0
    key.destinationPort = query.destination.port?.number ?? 0
    guard case .found(let route, let hop) = routing.lookup(key) else { return bound }
    if route.type == .local { return host.interfaces.first { $0.isLoopback } }
    return hop?.interface.flatMap { host.interface($0) }
  }
}
