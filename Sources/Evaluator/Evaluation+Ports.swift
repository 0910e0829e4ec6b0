internal import DecisionDiagram
package import Model

extension Evaluation {
  /// What becomes of a packet for some ports, and of the answer, which is the same for all of them.
  package struct PortFate: Sendable {
    package var ports: [Port]
    /// Of the packet for the first of the ports.
    package var request: Trace
    package var reply: Trace?
  }

  /// Fewer ports than this are asked about one by one, which costs less.
  private static let fewPorts = 24

  /// Follows packets that differ only in their destination port, and the answers to them.
  ///
  /// The whole set of ports is run at once; then one packet for each way to fare. The result is the
  /// same as that of a `roundTrip` for every port.
  ///
  /// - Parameters:
  ///   - query: its destination port is not read; its source has one.
  ///   - user: the owner of the answering socket; `nil` for the kernel's own answers.
  package func roundTrips(
    _ query: PacketQuery, to ports: [Port], answeredBy user: UInt32? = nil
  ) -> [PortFate] {
    guard ports.count >= Self.fewPorts,
      // Routing is asked with a port that is known.
      host.routingRules.allSatisfy({ $0.sourcePorts == nil && $0.destinationPorts == nil }),
      // So are sockets, which are read only where a rule looks for them.
      host.sockets == nil,
      let run = freeRun(query, isSource: false, undo: nil)
    else { return ports.map { fate([$0], query, user) } }
    return parts(of: ports, run).flatMap { part in
      part.isCertain
        ? fates(part.ports, query, user) : part.ports.map { fate([$0], query, user) }
    }
  }

  /// Ports whose requests fare alike, by how their answers do.
  private func fates(_ ports: [Port], _ query: PacketQuery, _ user: UInt32?) -> [PortFate] {
    guard let first = ports.first else { return [] }
    let (trace, outcome) = answer(packet(query, first), undo: nil)
    guard let outcome, outcome.verdict == .accept,
      var reply = replyQuery(to: packet(query, first), outcome, flags: [.syn, .ack])
    else { return [PortFate(ports: ports, request: trace)] }
    own(&reply, user)
    // What NAT made of the port is for that port alone; so is a mark made of it.
    guard outcome.delivery.port == first, outcome.state.connection.mark.isConstant,
      let run = freeRun(reply, isSource: true, undo: (packet(query, first), outcome))
    else { return ports.map { fate([$0], query, user) } }
    return parts(of: ports, run).flatMap { part in
      part.isCertain
        ? [fate(part.ports, query, user)] : part.ports.map { fate([$0], query, user) }
    }
  }

  private func fate(_ ports: [Port], _ query: PacketQuery, _ user: UInt32?) -> PortFate {
    let trip = roundTrip(packet(query, ports.first), answeredBy: user)
    return PortFate(ports: ports, request: trip.request, reply: trip.reply)
  }

  private func packet(_ query: PacketQuery, _ port: Port?) -> PacketQuery {
    var query = query
    query.destination.port = port
    return query
  }

  private func parts(of ports: [Port], _ run: Run) -> [PortPartition.Part] {
    PortPartition.parts(
      ports, by: run.recorder.entries.map(\.set) + run.outcomes.map(\.set), in: run.diagram)
  }

  /// A run over packets of every port at once; `nil` if the packet has none, or where a mark that
  /// the connection keeps was made of the port.
  private func freeRun(
    _ query: PacketQuery, isSource: Bool, undo: (request: PacketQuery, outcome: Outcome)?
  ) -> Run? {
    let example = isSource ? query : packet(query, Port(1))
    guard let run = makeRun(example), run.state.hasPorts, query.source.port != nil else {
      return nil
    }
    let variables = (0..<PortPartition.bits).map { _ in run.diagram.makeVariable() }
    guard variables.first?.level == 0 else { return nil }
    let bits = SymbolicBytes(nodes: variables.map { run.diagram.node($0) })
    run.state.network.write(bits, at: run.state.transportOffset + (isSource ? 0 : 2))
    if let undo { prepareReply(run, undo.request, undo.outcome) }
    run.state.connection.original.destinationPort = bits
    run.state.connection.reply.sourcePort = bits
    if query.inputInterface == nil { run.send(.always) } else { run.arrive(.always) }
    guard run.outcomes.allSatisfy({ $0.state.connection.mark.isConstant }) else { return nil }
    return run
  }
}
