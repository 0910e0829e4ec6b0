internal import Evaluator
internal import Model

extension HostView {
  /// The device that a packet from `source` for `destination` comes in by: the link that the source
  /// is on; else, as seen from the wire, the one that carries the destination; else the way back.
  func arrivalInterface(from source: IPAddress, to destination: IPAddress) -> Interface? {
    if let link = link(of: source) { return link }
    if let owner = host.owner(of: destination), !owner.isLoopback { return owner }
    return returnInterface(to: source) ?? host.interfaces.first { !$0.isLoopback && $0.isUp }
  }

  /// Whether an address belongs to a network that this host has a device in.
  func isOnLink(_ address: IPAddress) -> Bool { link(of: address) != nil }

  private func link(of address: IPAddress) -> Interface? {
    host.interfaces.first { interface in
      !interface.isLoopback
        && interface.addresses.contains { $0.prefixLength > 0 && $0.prefix.contains(address) }
    }
  }

  /// The device that the routes lead out of toward an address.
  func returnInterface(to address: IPAddress) -> Interface? {
    let query = PacketQuery(
      transport: .udp, source: Endpoint(unspecified(address.family), port: Port(1)),
      destination: Endpoint(address, port: Port(1)))
    let trace = evaluationOfRoutes.trace(query)
    return trace.delivery.interface.flatMap { host.interface(named: $0) }
  }

  private func unspecified(_ family: IPFamily) -> IPAddress {
    family == .v4 ? .anyV4 : .anyV6
  }

  /// Strangers' addresses to ask about: for each link one on it, and one from beyond the gateway.
  func outsideOrigins(for family: IPFamily) -> [Origin] {
    var origins: [Origin] = []
    for interface in host.interfaces where interface.isUp && !interface.isLoopback {
      guard let stranger = host.stranger(on: interface, family) else { continue }
      origins.append(
        .outside(interface: interface.name, source: stranger, isBeyondGateway: false))
    }
    let beyond = HostSnapshot.addressOfNobody(family)
    if let gateway = defaultRouteInterface(family) {
      origins.append(.outside(interface: gateway.name, source: beyond, isBeyondGateway: true))
    }
    return origins
  }

  private func defaultRouteInterface(_ family: IPFamily) -> Interface? {
    let route = host.routes.filter {
      $0.destination.length == 0 && $0.destination.address.family == family && $0.table == 254
        && $0.type == .unicast
    }.min { $0.priority < $1.priority }
    return route?.nextHops.first?.interface.flatMap { host.interface($0) }
  }
}
