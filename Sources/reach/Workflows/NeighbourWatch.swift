internal import Evaluator
internal import Kernel
internal import Model

/// Other network namespaces of this host: where NAT or a bridge may lead, and where a port may be
/// bound unseen. Looked into only when a question leads there, and each once.
final class NeighbourWatch {
  /// What is known of a namespace that owns an address.
  struct Neighbour {
    var place: String
    var listeners: ListenerEvidence?
    /// The packet on its way into that namespace, and the answer out of it.
    var request: Trace?
    var reply: Trace?
  }

  /// What is known of where an address is, before any namespace is looked into.
  private struct Place: Hashable {
    var address: IPAddress
    var hardwareAddress: [UInt8]?
  }

  private let ports: ClosedRange<UInt16>
  private let isAllowed: Bool
  private var views: [NamespaceReader.Candidate: HostView] = [:]
  private lazy var residents = NamespaceReader().residents()
  private var owners: [Place: NamespaceReader.Candidate?] = [:]
  /// What listens in other namespaces on the ports of interest, read once.
  private var elsewhere: [TransportProtocol: [NamespaceListeners]] = [:]

  /// - Parameter isAllowed: whether other namespaces are looked into at all.
  init(ports: ClosedRange<UInt16>, isAllowed: Bool) {
    self.ports = ports
    self.isAllowed = isAllowed
  }

  /// The namespace that owns an address, and what a packet meets there.
  ///
  /// - Parameter hardwareAddress: what answers for the address on the link, if that is known.
  func look(
    at endpoint: Endpoint, hardwareAddress: [UInt8]?, transport: TransportProtocol,
    source: Endpoint?
  ) -> Neighbour? {
    let owner = Place(address: endpoint.address, hardwareAddress: hardwareAddress)
    guard isAllowed, let candidate = namespace(at: owner) else { return nil }
    let place = "netns:" + candidate.label
    let found = try? DedicatedThread.run(in: candidate.namespace) {
      () throws(KernelError) -> Neighbour in
      let view = self.view(of: candidate)
      let query = Self.query(endpoint, transport, source, view)
      let device = query.inputInterface.flatMap { view.host.interface(named: $0)?.index }
      let listeners = view.listenerEvidence(
        transport, destination: endpoint, source: source, device: device,
        namespace: candidate.label)
      guard view.ruleset != nil, source != nil else {
        return Neighbour(place: place, listeners: listeners)
      }
      let trip = view.evaluation.roundTrip(
        query, answeredBy: listeners?.matching.first?.userID)
      return Neighbour(
        place: place, listeners: listeners, request: trip.request, reply: trip.reply)
    }
    return found
  }

  /// How the namespace that owns an address sorts the ports there: by its rules, and by what is
  /// bound; `nil` where no namespace is known to own it.
  func sorting(
    of endpoint: Endpoint, hardwareAddress: [UInt8]?, transport: TransportProtocol,
    source: Endpoint?
  ) -> (groups: PortGroups?, bound: Set<Port>)? {
    let owner = Place(address: endpoint.address, hardwareAddress: hardwareAddress)
    guard isAllowed, let candidate = namespace(at: owner) else { return nil }
    return try? DedicatedThread.run(in: candidate.namespace) {
      () throws(KernelError) -> (groups: PortGroups?, bound: Set<Port>) in
      let view = self.view(of: candidate)
      let query = Self.query(endpoint, transport, source, view)
      return (view.evaluation.portGroups(query), view.boundPorts)
    }
  }

  /// Ports of interest that are bound for a transport in other namespaces.
  func boundPorts(_ transport: TransportProtocol) -> Set<Port> {
    Set(everywhere(transport).flatMap { $0.listeners.map(\.port) })
  }

  private func everywhere(_ transport: TransportProtocol) -> [NamespaceListeners] {
    guard isAllowed else { return [] }
    let all =
      elsewhere[transport]
      ?? NamespaceReader().listeners(transports: [transport], ports: ports)
    elsewhere[transport] = all
    return all
  }

  /// Called inside the namespace; what the view reads later is read in there too.
  private func view(of candidate: NamespaceReader.Candidate) -> HostView {
    if let known = views[candidate] { return known }
    let view = HostView(ports: ports, readsRuleset: true)
    views[candidate] = view
    return view
  }

  private static func query(
    _ endpoint: Endpoint, _ transport: TransportProtocol, _ source: Endpoint?, _ view: HostView
  ) -> PacketQuery {
    let fallback: IPAddress = endpoint.address.family == .v4 ? .anyV4 : .anyV6
    let from = source ?? Endpoint(fallback)
    var query = PacketQuery(transport: transport, source: from, destination: endpoint)
    query.inputInterface =
      view.arrivalInterface(from: from.address, to: endpoint.address)?.name ?? "unknown"
    return query
  }

  /// Where a port is bound in other namespaces.
  func listeners(on port: Port, transport: TransportProtocol) -> [NamespaceListeners] {
    guard isAllowed else { return [] }
    guard ports.contains(port.number) else {
      return NamespaceReader().listeners(
        transports: [transport], ports: port.number...port.number, programs: ProgramReader())
    }
    return everywhere(transport).compactMap { place in
      var place = place
      place.listeners.removeAll { $0.port != port }
      guard !place.listeners.isEmpty else { return nil }
      ProgramReader().identify(&place.listeners)
      return place
    }
  }

  private func namespace(at place: Place) -> NamespaceReader.Candidate? {
    if let known = owners[place] { return known }
    let found = NamespaceReader.owner(
      of: place.address, at: place.hardwareAddress, among: residents)
    owners[place] = .some(found)
    return found
  }
}
