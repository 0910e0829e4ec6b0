internal import Model

/// Filters that are not nf_tables: which of them this flow's packets meet.
extension Reading {
  /// Those that may have dropped the request or the answer.
  var suspects: [OtherFilter] {
    guard !evidence.otherFilters.isEmpty else { return [] }
    let packets = packets
    return evidence.otherFilters.filter { filter in
      !filter.isHarmless && concerns(filter) && packets.contains { meets($0, filter) }
    }
  }

  /// Those of them that certainly do.
  var culprits: [OtherFilter] { suspects.filter(\.drops) }

  /// A packet of the flow, as this host sees it.
  private struct PassingPacket {
    var source: Endpoint?
    var destination: Endpoint?
    var arrives: Bool
    var leaves: Bool
  }

  /// The request and the answer.
  private var packets: [PassingPacket] {
    let flow = evidence.flow
    let target = Endpoint(flow.destination, port: flow.port)
    var source: Endpoint?
    let isOwn: Bool
    switch flow.origin {
    case .here:
      source = probe.source
      isOwn = true
    case .address(let address, let port, _):
      source = Endpoint(address, port: port)
      isOwn = isProbeOwn
    case .outside(_, let address, _):
      source = Endpoint(address)
      isOwn = false
    }
    let isEnd = evidence.isTargetLocal
    return [
      PassingPacket(
        source: source, destination: target, arrives: !isOwn || isEnd, leaves: isOwn || !isEnd),
      PassingPacket(
        source: target, destination: source, arrives: isOwn || !isEnd, leaves: !isOwn || isEnd),
    ]
  }

  private func meets(_ packet: PassingPacket, _ filter: OtherFilter) -> Bool {
    let isThere =
      switch filter.direction {
      case .inbound: packet.arrives
      case .outbound: packet.leaves
      case .both: true
      }
    guard isThere, let selector = filter.selector else { return isThere }
    guard let destination = packet.destination else {
      // An answer to a source that is not known.
      return packet.source.map {
        selector.covers(source: $0, destination: $0, transport: transport)
          || selector.destination == nil
      } ?? true
    }
    return selector.covers(
      source: packet.source, destination: destination, transport: transport)
  }

  /// Whether the filter stands anywhere on this flow's way.
  private func concerns(_ filter: OtherFilter) -> Bool {
    if let family = filter.family, family != evidence.flow.destination.family { return false }
    if let interface = filter.interface, !interfaces.isEmpty, !interfaces.contains(interface) {
      return false
    }
    let isHere = evidence.flow.origin == .here
    switch filter.kind {
    // The inventory's programs are those on the cgroup of the one who asks.
    case .cgroupBPF: return isHere
    case .ipsecPolicy:
      // net.ipv4.conf.lo.disable_policy and disable_xfrm are on (net/ipv4/devinet.c); a policy
      // that is neither for input nor for output is for what is forwarded.
      if isHere, evidence.isTargetLocal { return false }
      return filter.direction != .both || !isHere && !evidence.isTargetLocal
    case .legacyTable, .xdp, .trafficControl, .socketFilter, .ipvs: return true
    }
  }

  /// Devices that the packets are known to pass; empty when none is known.
  private var interfaces: Set<String> {
    var names: Set<String> = []
    switch evidence.flow.origin {
    case .here: break
    case .address(_, _, let interface): interface.map { _ = names.insert($0) }
    case .outside(let interface, _, _): names.insert(interface)
    }
    let firewall = evidence.firewall
    let devices = [
      firewall?.request.delivery.interface, firewall?.reply?.delivery.interface,
      evidence.routeInterface?.name, evidence.arrivalInterface,
    ]
    names.formUnion(devices.compactMap { $0 })
    return names
  }
}
