internal import Diagnosis
internal import Evaluator
internal import Kernel
internal import Model

/// From where the sockets of one namespace can be reached.
///
/// Sockets that differ only in their port are asked about together, and each pattern of answers is
/// joined once: ten thousand sockets cost little more than the firewall has ways to treat them.
final class ListenerExposure {
  private let view: HostView
  private let place: String
  /// Parts of the host that are asked for again and again.
  private lazy var outside = Dictionary(
    uniqueKeysWithValues: IPFamily.allCases.map { ($0, view.outsideOrigins(for: $0)) })

  init(view: HostView, place: String) {
    self.view = view
    self.place = place
  }

  /// What sockets have in common that only differ in their port.
  private struct Binding: Hashable {
    var transport: TransportProtocol
    var address: IPAddress
    var device: InterfaceIndex?
    var deviceName: String?
    var isV6Only: Bool
    var userID: UInt32
  }

  /// The answers about one origin: fates, and for each port which one is its own.
  private struct Answers {
    var origin: Origin
    var fates: [FirewallEvidence] = []
    var places: [Port: Int] = [:]

    func fate(of port: Port) -> (place: Int, fate: Exposure.Fate)? {
      guard let place = places[port], fates.indices.contains(place) else { return nil }
      return (place, Exposure.Fate(origin: origin, firewall: fates[place]))
    }
  }

  /// Fills in the reachability of every socket that strangers' packets may be for.
  func judge(_ records: inout [SocketRecord]) {
    var groups: [Binding: [Int]] = [:]
    for place in records.indices where records[place].isOpenToAll {
      let socket = records[place].listener
      let binding = Binding(
        transport: socket.transport, address: socket.address, device: socket.device,
        deviceName: socket.deviceName, isV6Only: socket.isV6Only, userID: socket.userID)
      groups[binding, default: []].append(place)
    }
    for (binding, places) in groups {
      // Packets for a group or for all are not answered from it.
      guard binding.address.isUnspecified || view.host.owner(of: binding.address) != nil else {
        continue
      }
      judge(places, binding, &records)
    }
  }

  private func judge(_ places: [Int], _ binding: Binding, _ records: inout [SocketRecord]) {
    guard view.ruleset != nil else {
      // Without the rules that much is known.
      guard binding.address.isLoopback else { return }
      for place in places {
        records[place].reachability = Reachability(scope: .here, limit: .address)
      }
      return
    }
    let ports = places.map { records[$0].listener.port }
    let outside = strangers(binding).map { answers($0.origin, $0.query, ports, binding) }
    var own: [Answers]?
    var known: [[Int]: Reachability] = [:]
    for place in places {
      let port = records[place].listener.port
      let found = outside.compactMap { $0.fate(of: port) }
      var key = found.map(\.place)
      if let reachability = known[key], reachability.scope >= .local {
        records[place].reachability = reachability
        continue
      }
      var reachability = Exposure.reachability(
        of: records[place].listener, outside: found.map(\.fate), here: nil)
      if reachability.scope < .local {
        let answers = own ?? ownPackets(binding).map { self.answers(.here, $0, ports, binding) }
        own = answers
        let fates = answers.compactMap { $0.fate(of: port) }
        key += [-1] + fates.map(\.place)
        reachability =
          known[key]
          ?? Exposure.reachability(
            of: records[place].listener, outside: found.map(\.fate), here: fates.first?.fate)
      }
      known[key] = reachability
      records[place].reachability = reachability
    }
  }

  private func answers(
    _ origin: Origin, _ query: PacketQuery, _ ports: [Port], _ binding: Binding
  ) -> Answers {
    var answers = Answers(origin: origin)
    for fate in view.evaluation.roundTrips(query, to: ports, answeredBy: binding.userID) {
      let delivery = fate.request.delivery
      let isTranslated =
        delivery.address.map { $0 != query.destination.address } ?? false
        || delivery.port != nil && delivery.port != fate.ports.first
      for port in fate.ports { answers.places[port] = answers.fates.count }
      answers.fates.append(
        FirewallEvidence(
          request: fate.request, reply: fate.reply, place: place, isTranslated: isTranslated))
    }
    return answers
  }

  // MARK: Packets

  /// The families in which packets come to a socket.
  private func families(_ binding: Binding) -> [IPFamily] {
    guard binding.address.family == .v6, binding.address.isUnspecified, !binding.isV6Only else {
      return [binding.address.family]
    }
    return [.v4, .v6]
  }

  /// Strangers' packets: for each device one from its link, and one from beyond the gateway.
  private func strangers(_ binding: Binding) -> [(origin: Origin, query: PacketQuery)] {
    // Packets for 127.0.0.0/8 and ::1 are discarded when they come from a wire.
    guard !binding.address.isLoopback else { return [] }
    return families(binding).flatMap { family -> [(origin: Origin, query: PacketQuery)] in
      origins(family, binding).compactMap { origin in
        guard case .outside(let name, let source, let isBeyondGateway) = origin,
          let interface = view.host.interface(named: name),
          binding.device == nil || binding.device == interface.index,
          let destination = destination(binding, interface, family)
        else { return nil }
        var query = PacketQuery(
          transport: binding.transport, source: Endpoint(source, port: Port(40000)),
          destination: Endpoint(destination), inputInterface: name)
        query.ownership = .stranger(isOnLink: !isBeyondGateway)
        return (origin, query)
      }
    }
  }

  private func origins(_ family: IPFamily, _ binding: Binding) -> [Origin] {
    guard binding.address.isLinkLocal, family == .v6 else { return outside[family] ?? [] }
    guard let owner = view.host.owner(of: binding.address) else { return [] }
    let neighbour = IPAddress(family: .v6, bits: binding.address.bits ^ 1)
    return [.outside(interface: owner.name, source: neighbour, isBeyondGateway: false)]
  }

  /// The address that a stranger on that device would ask for.
  private func destination(
    _ binding: Binding, _ interface: Interface, _ family: IPFamily
  ) -> IPAddress? {
    guard binding.address.isUnspecified else { return binding.address }
    return interface.addresses.first {
      $0.address.family == family && !$0.address.isLinkLocal
    }?.address
  }

  /// This host's own packets for a socket, one for each family.
  private func ownPackets(_ binding: Binding) -> [PacketQuery] {
    families(binding).map { family in
      let loopback: IPAddress = family == .v4 ? .loopbackV4 : .loopbackV6
      let address = binding.address.isUnspecified ? loopback : binding.address
      var query = PacketQuery(
        transport: binding.transport, source: Endpoint(address, port: Port(40000)),
        destination: Endpoint(address))
      query.userID = CurrentProcess.effectiveUserID
      query.groupID = CurrentProcess.effectiveGroupID
      return query
    }
  }
}
