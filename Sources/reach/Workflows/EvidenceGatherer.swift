internal import Evaluator
internal import Kernel
internal import Model

/// Puts together what is known about one flow: probe, sockets, rulesets, routes.
///
/// It draws no conclusions; `Diagnosis` does.
struct EvidenceGatherer {
  let view: HostView
  let place: String
  let transport: TransportProtocol
  let neighbours: NeighbourWatch

  private let services = ServiceReader()

  /// Sends a packet from here to where NAT leads, as proof that something listens; `nil`: not
  /// allowed.
  let prove: ((Endpoint) -> ProbeOutcome?)?

  /// A flow whose probe, if any, is over.
  func evidence(
    for flow: Flow, scope: InterfaceIndex?, probe: ProbeOutcome
  ) -> Evidence {
    let isLocal = view.host.owner(of: flow.destination) != nil
    var evidence = Evidence(flow: flow, probe: probe, isTargetLocal: isLocal)
    if let gap = view.gap { evidence.gaps.append("the ruleset was not read: \(gap.message)") }
    evidence.gaps += view.host.gaps
    let query = query(for: flow, scope: scope, probe: probe)
    evidence.arrivalInterface = query.inputInterface
    evidence.listeners = isLocal ? localListeners(query, query.destination) : nil
    let trip = roundTrip(query, listener: evidence.listeners?.matching.first)
    let further = follow(trip.request.delivery, query, &evidence)
    if let found = evidence.listeners, found.matching.isEmpty, found.namespace == nil {
      evidence.listeners?.elsewhere = neighbours.listeners(
        on: found.endpoint.port ?? flow.port, transport: transport)
    }
    if view.ruleset != nil {
      evidence.firewall = FirewallEvidence(
        request: trip.request, reply: trip.reply, place: place,
        isTranslated: isTranslated(trip.request.delivery, flow), further: further)
    }
    addRoute(to: &evidence, query)
    evidence.services = services(for: evidence)
    evidence.otherFilters = filters(concerning: query, trip.request.delivery)
    return evidence
  }

  /// What could listen, where nothing of this host does, or systemd in its place.
  private func services(for evidence: Evidence) -> ServiceEvidence? {
    guard place == "here", let found = evidence.listeners, found.namespace == nil,
      let port = found.endpoint.port
    else { return nil }
    if let socket = found.matching.first {
      guard socket.program?.pid == 1 else { return nil }
    } else if evidence.probe.kind == .connected {
      return nil
    }
    return services.evidence(on: port, transport)
  }

  /// Looks at the sockets where the packet really goes: those of another address or port of this
  /// host, of a container, or of another host, whose sockets nobody here can read.
  private func follow(
    _ delivery: Delivery, _ query: PacketQuery, _ evidence: inout Evidence
  ) -> [FirewallEvidence.Further] {
    guard let address = delivery.address else { return [] }
    let endpoint = Endpoint(address, port: delivery.port ?? query.destination.port)
    let isTranslated = isTranslated(delivery, evidence.flow)
    if let proxy = delivery.proxy {
      evidence.listeners = localListeners(query, proxy)
      return []
    }
    if view.host.owner(of: address) != nil {
      if isTranslated { evidence.listeners = localListeners(query, endpoint) }
      return []
    }
    guard isTranslated || leadsToNeighbour(delivery) else { return [] }
    if let neighbour = neighbours.look(
      at: endpoint, hardwareAddress: hardwareAddress(of: address, delivery), transport: transport,
      source: delivery.source ?? query.source)
    {
      evidence.listeners = neighbour.listeners
      guard let trace = neighbour.request, view.ruleset != nil else { return [] }
      return [
        FirewallEvidence.Further(place: neighbour.place, request: trace, reply: neighbour.reply)
      ]
    }
    guard isTranslated else { return [] }
    evidence.listeners = nil
    if evidence.flow.origin != .here, let outcome = prove?(endpoint) { evidence.probe = outcome }
    return []
  }

  /// What answered for an address on the link by which the packet leaves; `nil` if it is not known.
  func hardwareAddress(of address: IPAddress, _ delivery: Delivery) -> [UInt8]? {
    guard let interface = delivery.interface.flatMap({ view.host.interface(named: $0) }),
      let entry = try? NeighbourReader.neighbour(address, on: interface.index),
      entry.state.isDisjoint(with: [.failed, .incomplete]), !entry.hardwareAddress.isEmpty
    else { return nil }
    return entry.hardwareAddress
  }

  // MARK: The packet

  /// The packet that a flow begins with.
  func query(for flow: Flow, scope: InterfaceIndex?, probe: ProbeOutcome) -> PacketQuery {
    let target = Endpoint(flow.destination, port: flow.port)
    switch flow.origin {
    case .here:
      let source = probe.source ?? Endpoint(sourceAddress(for: flow, scope: scope))
      var query = PacketQuery(transport: transport, source: source, destination: target)
      query.userID = CurrentProcess.effectiveUserID
      query.groupID = CurrentProcess.effectiveGroupID
      query.outputInterface = scope.flatMap { view.host.interface($0)?.name }
      return query
    case .address(let address, let port, let interface):
      // What was really sent from there says which port it was.
      let sent = probe.source.flatMap { $0.address == address ? $0 : nil }
      var query = PacketQuery(
        transport: transport, source: sent ?? Endpoint(address, port: port ?? Port(40000)),
        destination: target)
      if interface == nil, view.host.owner(of: address) != nil {
        query.userID = CurrentProcess.effectiveUserID
        query.groupID = CurrentProcess.effectiveGroupID
      } else {
        query.inputInterface =
          interface
          ?? view.arrivalInterface(from: address, to: flow.destination)?.name ?? "unknown"
        query.ownership = .stranger(isOnLink: view.isOnLink(address))
      }
      return query
    case .outside(let interface, let source, let isBeyondGateway):
      var query = PacketQuery(
        transport: transport, source: Endpoint(source, port: Port(40000)), destination: target,
        inputInterface: interface)
      query.ownership = .stranger(isOnLink: !isBeyondGateway)
      return query
    }
  }

  /// The address that the kernel would send from.
  private func sourceAddress(for flow: Flow, scope: InterfaceIndex?) -> IPAddress {
    let query = RouteQuery(
      destination: flow.destination, outputInterface: scope, transportProtocol: transport,
      destinationPort: flow.port)
    if case .route(_, _, _, let source?, _)? = try? RouteReader.route(for: query) { return source }
    return flow.destination.family == .v4 ? .anyV4 : .anyV6
  }

  private func roundTrip(
    _ query: PacketQuery, listener: Listener?
  ) -> (request: Trace, reply: Trace?) {
    // The SYN-ACK belongs to the listening socket; where nothing listens the kernel answers itself.
    view.evaluation.roundTrip(
      query, answeredBy: listener?.userID)
  }

  /// The same flow under another ruleset of this host.
  func roundTrip(
    _ evidence: Evidence, on ruleset: Ruleset
  ) -> (request: Trace, reply: Trace?) {
    view.evaluation(of: ruleset).roundTrip(
      query(for: evidence.flow, scope: nil, probe: evidence.probe),
      answeredBy: evidence.listeners?.matching.first?.userID)
  }

  // MARK: Where it arrives

  private func localListeners(
    _ query: PacketQuery, _ destination: Endpoint
  ) -> ListenerEvidence? {
    let device =
      query.inputInterface.flatMap { view.host.interface(named: $0) }
      ?? view.host.interfaces.first { $0.isLoopback }
    return view.listenerEvidence(
      transport, destination: destination, source: query.source, device: device?.index)
  }

  private func isTranslated(_ delivery: Delivery, _ flow: Flow) -> Bool {
    guard let address = delivery.address else { return false }
    return address != flow.destination || delivery.port != nil && delivery.port != flow.port
  }

  /// Whether the packet leaves toward something that may be a container of this very host.
  func leadsToNeighbour(_ delivery: Delivery) -> Bool {
    switch delivery.destination {
    case .forward, .out: break
    case .local, .none: return false
    }
    let kinds: Set<String> = ["bridge", "veth", "macvlan", "ipvlan", "netkit", "tun"]
    let kind = delivery.interface.flatMap { view.host.interface(named: $0)?.kind }
    return kind.map { kinds.contains($0) } ?? false
  }

  // MARK: The way

  private func addRoute(to evidence: inout Evidence, _ query: PacketQuery) {
    let isOwn = query.inputInterface == nil
    let isAnswered = evidence.probe.kind == .connected || evidence.probe.kind == .refused
    // An answer shows that there is a way.
    guard !isOwn || !isAnswered else { return }
    let question = RouteQuery(
      destination: query.destination.address,
      source: isOwn && query.source.address.isUnspecified ? nil : query.source.address,
      inputInterface: query.inputInterface.flatMap { view.host.interface(named: $0)?.index },
      outputInterface: query.outputInterface.flatMap { view.host.interface(named: $0)?.index },
      transportProtocol: transport, sourcePort: query.source.port,
      destinationPort: query.destination.port)
    guard let answer = try? RouteReader.route(for: question) else { return }
    evidence.route = answer
    guard case .route(_, let index?, let gateway, _, _) = answer else { return }
    evidence.routeInterface = view.host.interface(index)
    guard isOwn, evidence.routeInterface?.isLoopback == false else { return }
    let hop = gateway ?? query.destination.address
    evidence.neighbour = try? NeighbourReader.neighbour(hop, on: index)
    let failure: Neighbour.State = [.failed, .incomplete]
    if view.ruleset != nil, let entry = evidence.neighbour, !entry.state.isDisjoint(with: failure),
      let device = evidence.routeInterface,
      let traces = view.evaluation.resolution(of: hop, on: device)
    {
      evidence.unresolved =
        [traces.question, traces.answer].first { $0.verdict == .drop }?
        .decidedBy
    }
  }

  /// Filters beside nf_tables on the devices that the packet and its answer cross.
  private func filters(concerning query: PacketQuery, _ delivery: Delivery) -> [OtherFilter] {
    var crossed: Set<String> = []
    if let name = query.inputInterface { crossed.insert(name) }
    if let name = delivery.interface { crossed.insert(name) }
    return view.host.otherFilters.filter { filter in
      if let family = filter.family, family != query.destination.address.family { return false }
      guard let interface = filter.interface else { return true }
      return crossed.contains(interface)
    }
  }
}
