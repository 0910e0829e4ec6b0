internal import DecisionDiagram
package import Model

/// What the kernel of one host would do with packets: the door of this target.
///
/// A ruleset and a host are prepared once and asked as often as needed.
///
/// ```swift
/// let evaluation = Evaluation(ruleset: ruleset, host: snapshot)
/// let trace = evaluation.trace(query)
/// ```
package final class Evaluation {
  let index: RulesetIndex
  let host: HostSnapshot
  let routing: RoutingTable
  private let sockets: SocketTable?

  /// - Parameters:
  ///   - elements: answers for sets whose elements were not loaded.
  ///   - legacy: the tables of xtables-legacy, which run among nf_tables' chains.
  ///   - ipSets: answers for ipsets, whose elements no ruleset holds.
  package init(
    ruleset: Ruleset, host: HostSnapshot, elements: (any ElementSource)? = nil,
    legacy: [LegacyTable] = [], ipSets: (any IPSetSource)? = nil
  ) {
    index = RulesetIndex(ruleset, legacy: legacy, elements: elements, ipSets: ipSets)
    self.host = host
    routing = RoutingTable(host)
    sockets = host.sockets.map { SocketTable($0) }
  }

  /// Follows one packet.
  package func trace(_ query: PacketQuery) -> Trace {
    answer(query, undo: nil).trace
  }

  /// Follows a request and, if it is delivered, the answer to it back through this host.
  ///
  /// - Parameters:
  ///   - flags: those of the TCP segment that answers: SYN-ACK or RST.
  ///   - user: the owner of the answering socket; `nil` for the kernel's own answers.
  package func roundTrip(
    _ query: PacketQuery, answer flags: TCPFlags = [.syn, .ack], answeredBy user: UInt32? = nil
  ) -> (request: Trace, reply: Trace?) {
    let (request, outcome) = answer(query, undo: nil)
    guard let outcome, outcome.verdict == .accept else { return (request, nil) }
    guard var reply = replyQuery(to: query, outcome, flags: flags) else { return (request, nil) }
    own(&reply, user)
    return (request, self.answer(reply, undo: (query, outcome)).trace)
  }

  /// Gives an answer that starts on this host its socket's owner.
  func own(_ reply: inout PacketQuery, _ user: UInt32?) {
    guard let user, reply.inputInterface == nil else { return }
    reply.ownership = .socket
    reply.userID = user
    reply.groupID = nil
  }

  /// Follows one packet; with `undo` the answer to that request.
  func answer(
    _ query: PacketQuery, undo: (request: PacketQuery, outcome: Outcome)?
  ) -> (trace: Trace, outcome: Outcome?) {
    guard let run = makeRun(query) else {
      let delivery = Delivery(destination: .none(.noRoute))
      return (Trace(verdict: .accept, delivery: delivery), nil)
    }
    if let undo { prepareReply(run, undo.request, undo.outcome) }
    if query.inputInterface == nil, run.state.etherType == 0x0806 {
      run.sendARP(.always)
    } else if query.inputInterface == nil {
      run.send(.always)
    } else {
      run.arrive(.always)
    }
    return TraceBuilder(run: run).build()
  }

  /// A run that has not begun; `nil` if the question's addresses do not go together.
  ///
  /// - Parameter beforeAll: is given the run before it has any variable.
  func makeRun(_ query: PacketQuery, beforeAll: (Run) -> Void = { _ in }) -> Run? {
    let query = completed(query)
    guard let state = initialState(query) else { return nil }
    let run = Run(
      index: index, host: host, routing: routing, sockets: sockets, state: state)
    beforeAll(run)
    if query.source.port == nil, state.hasPorts {
      // Conntrack looks at the port before any rule does.
      run.settle(state.transportOffset..<state.transportOffset + 2)
      run.state.connection.original.sourcePort = run.state.sourcePort
      run.state.connection.reply.destinationPort = run.state.sourcePort
    }
    run.boundOutput = query.outputInterface.flatMap { host.interface(named: $0) }
    return run
  }

  /// The packet at its start.
  private func initialState(_ query: PacketQuery) -> PacketState? {
    guard let packet = PacketBuilder(query: query).build() else { return nil }
    let headers = HeaderChain(packet.network, etherType: packet.etherType)
    let input = query.inputInterface.map {
      host.interface(named: $0) ?? Interface(index: InterfaceIndex(rawValue: 0), name: $0)
    }
    let flow = HeaderChain(
      packet.network, etherType: packet.etherType, looksBehindAuthentication: true)
    let connection = Self.connection(query, packet.network, flow)
    var state = PacketState(
      link: SymbolicBytes(packet.link), network: SymbolicBytes(packet.network),
      family: headers.family, etherType: packet.etherType, transport: headers.transport,
      transportOffset: headers.transportOffset, fragmentOffset: headers.fragmentOffset,
      input: input, mark: SymbolicBytes(hostOrder: query.mark), connection: connection)
    if query.inputInterface == nil, query.ownership == .socket {
      state.owner = PacketState.Owner(
        user: query.userID, group: query.groupID,
        isRaw: query.details.isCrafted || ![.tcp, .udp].contains(query.transport))
    }
    state.unknown = packet.unknown
    if query.inputInterface != nil { setLink(&state, query) }
    return state
  }

  /// The link header and what follows from it.
  private func setLink(_ state: inout PacketState, _ query: PacketQuery) {
    state.packetType = query.details.packetType ?? 0
    if let target = query.frame?.prefix(6) {
      guard query.details.packetType == nil, let first = target.first else { return }
      // eth_type_trans, net/ethernet/eth.c.
      if first & 1 != 0 {
        state.packetType = target.allSatisfy { $0 == 0xff } ? 1 : 2
      } else if let own = state.input?.hardwareAddress, own.count == 6 {
        state.packetType = target.elementsEqual(own) ? 0 : 3
      }
      return
    }
    switch state.packetType {
    case 1: state.link.write([UInt8](repeating: 0xff, count: 6), at: 0)
    case 0:
      // What arrives at a bridge's port is for the bridge.
      let device = state.input.flatMap { host.bridge(of: $0) } ?? state.input
      if let own = device?.hardwareAddress, own.count == 6 { state.link.write(own, at: 0) }
    default: break
    }
    if let source = query.details.etherSource, source.count == 6 {
      state.link.write(source, at: 6)
    } else if state.input?.isLoopback == false {
      state.isLinkSourceUnknown = true
    }
  }

  private static func connection(
    _ query: PacketQuery, _ packet: [UInt8], _ headers: HeaderChain
  ) -> Connection {
    var tuple = tuple(packet, headers)
    var isReply = query.conntrackDirection == .reply
    var status = status(query.conntrackState)
    if case .packet(let quoted)? = query.details.quote,
      let original = PacketBuilder(query: quoted)
        .build()
    {
      // An ICMP error belongs to the connection of the packet that it quotes
      // (nf_conntrack_inet_error).
      let headers = HeaderChain(original.network, etherType: original.etherType)
      tuple = self.tuple(original.network, headers)
      isReply = quoted.conntrackDirection == .reply
      if query.conntrackState == .related {
        status = [.confirmed, .sourceNATDone, .destinationNATDone]
      }
    }
    return Connection(
      classification: query.conntrackState,
      isClassificationGiven: query.isConntrackStateGiven, direction: query.conntrackDirection,
      status: SymbolicBytes(hostOrder: status.rawValue),
      mark: SymbolicBytes(hostOrder: query.conntrackMark),
      original: isReply ? tuple.inverted : tuple, reply: isReply ? tuple : tuple.inverted)
  }

  private static func status(_ state: ConntrackState) -> ConntrackStatus {
    switch state {
    case .established: [.seenReply, .assured, .confirmed, .sourceNATDone, .destinationNATDone]
    case .related: [.expected]
    case .new, .invalid, .untracked: []
    }
  }

  static func tuple(_ packet: [UInt8], _ headers: HeaderChain) -> Connection.Tuple {
    let addresses =
      switch headers.family {
      case .v4?: (12..<16, 16..<20)
      case .v6?: (8..<24, 24..<40)
      case nil: (0..<0, 0..<0)
      }
    var tuple = Connection.Tuple(
      source: SymbolicBytes(Array(packet[addresses.0])),
      destination: SymbolicBytes(Array(packet[addresses.1])),
      sourcePort: SymbolicBytes([0, 0]), destinationPort: SymbolicBytes([0, 0]))
    let start = headers.transportOffset
    let transport = headers.transport.map { TransportProtocol(rawValue: $0) }
    if transport?.hasPorts == true, start + 4 <= packet.count {
      tuple.sourcePort = SymbolicBytes(Array(packet[start..<start + 2]))
      tuple.destinationPort = SymbolicBytes(Array(packet[start + 2..<start + 4]))
    } else if transport == .icmp || transport == .icmpv6, start + 8 <= packet.count {
      // In their place stand the identifier, and type and code (`union nf_conntrack_man_proto`).
      tuple.sourcePort = SymbolicBytes(Array(packet[start + 4..<start + 6]))
      tuple.destinationPort = SymbolicBytes(Array(packet[start..<start + 2]))
      tuple.isICMP = true
    }
    return tuple
  }
}
