internal import DecisionDiagram
internal import Model

/// A routing decision with the packets that it is made for.
struct RoutingBranch {
  enum Way {
    case local
    case forward
    case out
    case nowhere(Delivery.Obstacle)
  }

  var set: Node
  var way: Way
  var choice: RouteChoice
}

extension Run {
  /// Splits packets by where a lookup for their destination and mark leads.
  func route(_ set: Node, mark: SymbolicBytes, isArriving: Bool) -> [RoutingBranch] {
    guard let family = state.family, set != .never else { return [] }
    var key = state.destination(family)
    key.append(mark)
    key.append(state.source(family))
    guard let values = diagram.values(of: key, in: set) else {
      assume("the routing decision for an unknown address is taken as no route")
      return [
        RoutingBranch(set: set, way: .nowhere(.noRoute), choice: RouteChoice(type: .unicast))
      ]
    }
    let length = family.addressLength
    return values.map { value, part in
      let destination = IPAddress(bytes: value[0..<length])
      let source = IPAddress(bytes: value[(length + 4)...])
      let mark = value[length..<length + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      guard let destination, let source else {
        return RoutingBranch(
          set: part, way: .nowhere(.noRoute), choice: RouteChoice(type: .unicast))
      }
      var branch =
        isArriving
        ? arrival(from: source, to: destination, mark: mark)
        : departure(from: source, to: destination, mark: mark)
      branch.set = part
      return branch
    }
  }

  private func lookupKey(_ source: IPAddress, _ destination: IPAddress, _ mark: UInt32)
    -> RoutingTable.Key
  {
    var key = RoutingTable.Key(destination: destination, source: source, mark: mark)
    key.user = state.owner?.user ?? 0
    key.transport = state.transport ?? 0
    if state.hasPorts {
      key.sourcePort = state.sourceEndpoint?.port?.number ?? 0
      key.destinationPort = state.destinationEndpoint?.port?.number ?? 0
    }
    return key
  }

  private func nowhere(_ obstacle: Delivery.Obstacle) -> RoutingBranch {
    RoutingBranch(set: .never, way: .nowhere(obstacle), choice: RouteChoice(type: .unicast))
  }

  private func choice(_ route: Route, _ hop: Route.NextHop?) -> RouteChoice {
    RouteChoice(
      type: route.type, gateway: hop?.gateway,
      interface: hop?.interface.flatMap { host.interface($0) }, realm: route.realm ?? 0,
      mtu: route.mtu)
  }

  /// This host's own packet (`ip_route_output_key_hash_rcu`, `ip6_route_output`).
  private func departure(from source: IPAddress, to destination: IPAddress, mark: UInt32)
    -> RoutingBranch
  {
    var key = lookupKey(source, destination, mark)
    key.output = boundOutput
    switch routing.lookup(key) {
    case .failed(let error):
      guard destination.family == .v4, let device = key.output, device.isUp else {
        return nowhere(Self.obstacle(error))
      }
      // "Apparently, routing tables are wrong": a bound socket's packet is tried on the link.
      let type: RouteType = destination.bits == 0xffff_ffff ? .broadcast : .unicast
      return RoutingBranch(
        set: .never, way: .out, choice: RouteChoice(type: type, interface: device))
    case .found(let route, let hop):
      var choice = choice(route, hop)
      if route.type == .local || route.type == .anycast {
        // Own addresses are reached over loopback, whatever device carries them.
        choice.interface = host.interfaces.first { $0.isLoopback } ?? choice.interface
      } else if choice.interface?.isUp == false {
        return nowhere(.interfaceDown)
      }
      return RoutingBranch(set: .never, way: .out, choice: choice)
    }
  }

  private static func obstacle(_ error: ErrorNumber) -> Delivery.Obstacle {
    switch error {
    case .invalid: .blackhole
    case .hostUnreachable: .unreachable
    case .accessDenied: .prohibited
    default: .noRoute
    }
  }

  /// An arriving packet (`ip_route_input_slow`, net/ipv4/route.c; `ip6_route_input`).
  private func arrival(from source: IPAddress, to destination: IPAddress, mark: UInt32)
    -> RoutingBranch
  {
    guard let input = state.input else { return nowhere(.noRoute) }
    if !input.isLoopback, let obstacle = martian(source, destination, input) {
      return nowhere(obstacle)
    }
    if destination.family == .v4, destination.bits == 0xffff_ffff {
      return broadcast(from: source, to: destination, input, mark: mark)
    }
    if destination.isMulticast, !input.isLoopback {
      guard hasJoined(destination, on: input) else { return nowhere(.noRoute) }
      // IPv4's groups are in no table of routes (`ip_route_input_mc`).
      if destination.family == .v4 {
        return broadcast(from: source, to: destination, input, mark: mark)
      }
    }
    var key = lookupKey(source, destination, mark)
    key.input = input
    key.user = 0
    switch routing.lookup(key) {
    case .failed(let error):
      // Without forwarding an unroutable packet is dropped without an answer.
      return nowhere(Self.obstacle(error))
    case .found(let route, let hop):
      let choice = choice(route, hop)
      if let obstacle = reversePath(source, destination, input, mark: mark) {
        return nowhere(obstacle)
      }
      switch route.type {
      case .local, .anycast: return RoutingBranch(set: .never, way: .local, choice: choice)
      case .broadcast, .multicast:
        return RoutingBranch(set: .never, way: .local, choice: choice)
      default: break
      }
      guard forwards(input, destination.family) else { return nowhere(.forwardingDisabled) }
      if choice.interface?.isUp == false { return nowhere(.interfaceDown) }
      return RoutingBranch(set: .never, way: .forward, choice: choice)
    }
  }

  /// 255.255.255.255 is for everyone on the link, and a group for those who joined it, whatever the
  /// tables say (`ip_route_input_slow`, `ip_mc_validate_source`).
  private func broadcast(
    from source: IPAddress, to destination: IPAddress, _ input: Interface, mark: UInt32
  ) -> RoutingBranch {
    if let obstacle = reversePath(source, destination, input, mark: mark) {
      return nowhere(obstacle)
    }
    let choice = RouteChoice(type: .broadcast, interface: input)
    return RoutingBranch(set: .never, way: .local, choice: choice)
  }

  /// Whether IP takes packets to a group: only those that a device has joined (`ip_check_mc_rcu`,
  /// `ip6_mc_input`). Each joins all-hosts and those of its addresses, routers join all-routers.
  private func hasJoined(_ group: IPAddress, on input: Interface) -> Bool {
    if let joined = host.groups { return joined[input.index]?.contains(group) ?? false }
    if group.family == .v4, group.bits == 0xe000_0001 { return true }
    let isLinkGroup = group.family == .v6 && group.bits >> 112 == 0xff02
    if isLinkGroup {
      let rest = group.bits & ((1 << 112) - 1)
      if rest == 1 { return true }
      if rest == 2, forwards(input, .v6) { return true }
      // Solicited-node groups (RFC 4291, 2.7.1).
      if rest >> 24 == 0x1_ff {
        return input.addresses.contains {
          $0.address.family == .v6 && $0.address.bits & 0xff_ffff == group.bits & 0xff_ffff
        }
      }
    }
    if group.family == .v6, group.bits & ((1 << 112) - 1) == 2, forwards(input, .v6) {
      return true
    }
    assume("no program of this host has joined the group \(group)")
    return false
  }

  private func martian(
    _ source: IPAddress, _ destination: IPAddress, _ input: Interface
  ) -> Delivery.Obstacle? {
    // IPv6 has looked before any rule could rewrite (`receiveV6`), and does not look again.
    if source.family == .v6 { return nil }
    let allowsLoopback = device(input.name) { $0.routeLocalnet }
    if source.isMulticast || source.bits == 0xffff_ffff { return .martianSource }
    if source.bits >> 24 == 0, !source.isUnspecified { return .martianSource }
    if destination.bits >> 24 == 0 { return .martianDestination }
    if destination.isLoopback, !allowsLoopback { return .martianDestination }
    if source.isLoopback, !allowsLoopback { return .martianSource }
    return nil
  }

  /// Whether a setting is on for a device or for all (`IN_DEV_ORCONF`).
  private func device(
    _ name: String, _ value: (KernelSettings.Device) -> Bool
  ) -> Bool {
    [name, "all"].contains { host.settings.ipv4[$0].map(value) ?? false }
  }

  /// rp_filter and packets that claim to come from this host (`fib_validate_source`).
  private func reversePath(
    _ source: IPAddress, _ destination: IPAddress, _ input: Interface, mark: UInt32
  ) -> Delivery.Obstacle? {
    guard source.family == .v4, !input.isLoopback, !source.isUnspecified else { return nil }
    let strictness =
      [input.name, "all"].map {
        host.settings.ipv4[$0]?.reversePathFilter ?? 0
      }.max() ?? 0
    let acceptsLocal = device(input.name) { $0.acceptLocal }
    var key = RoutingTable.Key(destination: source, source: destination)
    if device(input.name, { $0.sourceValidMark }) { key.mark = mark }
    if strictness == 0, !routing.hasCustomRules {
      let isOwn = host.owner(of: source) != nil
      return isOwn && !acceptsLocal ? .martianSource : nil
    }
    guard case .found(let route, _) = routing.lookup(key) else {
      return strictness == 0 ? nil : .reversePath
    }
    if route.type == .local { return acceptsLocal ? nil : .martianSource }
    guard route.type == .unicast else { return .martianSource }
    if route.nextHops.contains(where: { $0.interface == input.index }) { return nil }
    return strictness == 1 ? .reversePath : nil
  }

  /// IPv4 asks the incoming device, IPv6 the whole host.
  private func forwards(_ input: Interface, _ family: IPFamily) -> Bool {
    if family == .v4 { return host.settings.ipv4[input.name]?.forwarding ?? false }
    return host.settings.ipv6Forwarding
      || host.settings.ipv6ForceForwarding[input.name] ?? false
  }
}
