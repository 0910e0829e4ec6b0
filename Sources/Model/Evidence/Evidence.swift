/// The question: can this be reached, from there?
package struct Flow: Hashable, Sendable {
  package var transport: TransportProtocol
  package var destination: IPAddress
  package var port: Port
  package var origin: Origin

  package init(
    transport: TransportProtocol, destination: IPAddress, port: Port, origin: Origin
  ) {
    self.transport = transport
    self.destination = destination
    self.port = port
    self.origin = origin
  }
}

/// Where a question's packet comes from.
package enum Origin: Hashable, Sendable {
  /// This host (or the namespace asked about), by an ordinary socket.
  case here
  /// Some source, arriving on `interface` if said.
  case address(IPAddress, port: Port?, interface: String?)
  /// A typical stranger arriving on that interface; informational.
  case outside(interface: String, source: IPAddress, isBeyondGateway: Bool)
}

/// Everything known about one flow. Parts that are not known are `nil`, with the reason in `gaps`.
package struct Evidence: Hashable, Sendable {
  package var flow: Flow
  package var probe: ProbeOutcome
  /// Whether this host is the flow's end: its sockets can be asked.
  package var isTargetLocal: Bool
  package var listeners: ListenerEvidence?
  package var firewall: FirewallEvidence?
  /// The kernel's own route for the request, where this host sends or forwards it.
  package var route: RouteAnswer?
  package var routeInterface: Interface?
  /// The device on which the request arrives; `nil` for this host's own, or if not known.
  package var arrivalInterface: String?
  /// The neighbour entry of the next hop, after the probe.
  package var neighbour: Neighbour?
  /// The step at which this host's own firewall drops the ARP question for it, or the answer.
  package var unresolved: TraceStep?
  /// Non-nftables filters on the way that may have a say.
  package var otherFilters: [OtherFilter]
  /// What could serve the port; looked for only where nothing listens here, or systemd does.
  package var services: ServiceEvidence?
  /// What could not be read, as sentences for people.
  package var gaps: [String]

  package init(
    flow: Flow, probe: ProbeOutcome, isTargetLocal: Bool, listeners: ListenerEvidence? = nil,
    firewall: FirewallEvidence? = nil, route: RouteAnswer? = nil,
    routeInterface: Interface? = nil, arrivalInterface: String? = nil, neighbour: Neighbour? = nil,
    otherFilters: [OtherFilter] = [], gaps: [String] = []
  ) {
    self.flow = flow
    self.probe = probe
    self.isTargetLocal = isTargetLocal
    self.listeners = listeners
    self.firewall = firewall
    self.route = route
    self.routeInterface = routeInterface
    self.arrivalInterface = arrivalInterface
    self.neighbour = neighbour
    self.otherFilters = otherFilters
    self.gaps = gaps
  }
}

/// What the socket table of the flow's end says.
package struct ListenerEvidence: Hashable, Sendable {
  /// The sockets that would take the packet, after NAT; empty: none would.
  package var matching: [Listener]
  /// Sockets with the port that would not, and why.
  package var near: [NearMiss]
  /// The same address and port bound in other namespaces of the host.
  package var elsewhere: [NamespaceListeners]
  /// The address and port asked for at the socket, after NAT.
  package var endpoint: Endpoint
  /// The namespace in which NAT's target was found; `nil` for the host's own.
  package var namespace: String?

  package init(
    matching: [Listener], near: [NearMiss] = [], elsewhere: [NamespaceListeners] = [],
    endpoint: Endpoint, namespace: String? = nil
  ) {
    self.matching = matching
    self.near = near
    self.elsewhere = elsewhere
    self.endpoint = endpoint
    self.namespace = namespace
  }

  package struct NearMiss: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
      case address
      case family
      case device
      case transport
    }

    package var listener: Listener
    package var reason: Reason

    package init(listener: Listener, reason: Reason) {
      self.listener = listener
      self.reason = reason
    }
  }
}

/// What the rulesets would do with the request and with its answer.
package struct FirewallEvidence: Hashable, Sendable {
  package var request: Trace
  /// `nil` when the request does not get far enough to be answered, or nothing here sees the
  /// answer.
  package var reply: Trace?
  /// The contract's `where`: `here`, or `netns:NAME`.
  package var place: String
  /// Whether NAT changed the destination.
  package var isTranslated: Bool
  /// Rulesets of further hosts on the way, such as a container's namespace: place and trace.
  package var further: [Further]

  package struct Further: Hashable, Sendable {
    package var place: String
    package var request: Trace
    package var reply: Trace?

    package init(place: String, request: Trace, reply: Trace? = nil) {
      self.place = place
      self.request = request
      self.reply = reply
    }
  }

  package init(
    request: Trace, reply: Trace? = nil, place: String = "here", isTranslated: Bool = false,
    further: [Further] = []
  ) {
    self.request = request
    self.reply = reply
    self.place = place
    self.isTranslated = isTranslated
    self.further = further
  }
}
