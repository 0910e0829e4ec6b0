internal import DecisionDiagram
internal import Model

extension Run {
  /// Source: net/netfilter/nft_rt.c.
  func evaluate(_ routing: Routing) -> Node {
    guard let route = state.route else { return .never }
    switch routing.key {
    case .classID:
      registers.store(SymbolicBytes(hostOrder: route.realm), at: routing.destination)
    case .nextHopV4, .nextHopV6:
      guard let family = state.family, (family == .v4) == (routing.key == .nextHopV4) else {
        return .never
      }
      let hop = route.gateway.map { SymbolicBytes($0.bytes) } ?? state.destination(family)
      registers.store(hop, at: routing.destination)
    case .tcpMSS:
      let segment = pathSegment(route)
      registers.store(
        SymbolicBytes([UInt8(segment & 0xff), UInt8(segment >> 8)]), at: routing.destination)
    case .transform:
      registers.store(SymbolicBytes([0]), at: routing.destination)
    }
    return .always
  }

  /// What fits into one packet both on its way and on the way back to its source (`get_tcpmss`).
  private func pathSegment(_ route: RouteChoice) -> UInt32 {
    let smallest: UInt32 = state.family == .v6 ? 60 : 40
    var unit = transmissionUnit(route.interface, route.mtu)
    if let family = state.family,
      let source = state.source(family).constant.flatMap({ IPAddress(bytes: $0) }),
      case .found(let back, let hop) = routing.lookup(RoutingTable.Key(destination: source))
    {
      var device = hop?.interface.flatMap { host.interface($0) }
      if back.type == .local { device = host.interfaces.first { $0.isLoopback } ?? device }
      unit = min(unit, transmissionUnit(device, back.mtu))
    }
    // TCP_MSS_DEFAULT.
    return unit <= smallest || unit > 0xffff ? 536 : unit - smallest
  }

  /// `ipv4_mtu`, `ip6_mtu`; what was learned of the path is in no dump.
  private func transmissionUnit(_ device: Interface?, _ ofRoute: UInt32?) -> UInt32 {
    let largest: UInt32 = state.family == .v6 ? 0xffff + 40 : 0xffff
    let own = ofRoute.flatMap { $0 == 0 ? nil : $0 }
    return min(own ?? device?.mtu ?? 1500, largest)
  }

  /// Only SYNs have a fingerprint (net/netfilter/nft_osf.c); whose it is, is for a database to say.
  func evaluate(_ system: OperatingSystem) -> Node {
    guard state.transport == TransportProtocol.tcp.rawValue, state.fragmentOffset == 0,
      let flags = state.network.constant(
        min(
          state.transportOffset + 13, state.network.count)..<min(
            state.transportOffset + 14, state.network.count))?.first,
      flags & 0x02 != 0
    else { return .never }
    registers.store(
      unknownBytes("the sender's operating system", count: 16), at: system.destination)
    return .always
  }

  /// Packets here did not come through a tunnel with metadata: no path, and an id breaks.
  func evaluate(_ tunnel: Tunnel) -> Node {
    guard tunnel.key == 0 else { return .never }
    registers.store(SymbolicBytes([0]), at: tunnel.destination)
    return .always
  }

  /// Without an IPsec transformation it breaks, in both senses (net/netfilter/nft_xfrm.c).
  func evaluateTransform() -> Node {
    let hasPolicies = host.otherFilters.contains { $0.kind == .ipsecPolicy }
    return hasPolicies ? undecidable("an IPsec match", isLikely: false) : .never
  }

  /// A first packet is never offloaded: it breaks (net/netfilter/nft_flow_offload.c).
  func evaluateOffload(_ flowtable: String) -> Node {
    switch state.connection.classification {
    case .new, .invalid, .untracked: .never
    case .established, .related: undecidable("flow offload to \(flowtable)")
    }
  }
}
