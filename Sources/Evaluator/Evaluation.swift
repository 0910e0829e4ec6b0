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
  private let index: RulesetIndex
  private let host: HostSnapshot
  private let routing: RoutingTable

  /// - Parameters:
  ///   - elements: answers for sets whose elements were not loaded.
  ///   - legacy: the tables of xtables-legacy, which run among nf_tables' chains.
  package init(
    ruleset: Ruleset, host: HostSnapshot, elements: (any ElementSource)? = nil,
    legacy: [LegacyTable] = []
  ) {
    index = RulesetIndex(ruleset, legacy: legacy, elements: elements)
    self.host = host
    routing = RoutingTable(host)
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
    if let user {
      reply.ownership = .socket
      reply.userID = user
      reply.groupID = nil
    }
    return (request, self.answer(reply, undo: (query, outcome)).trace)
  }

  private func answer(
    _ query: PacketQuery, undo: (request: PacketQuery, outcome: Outcome)?
  ) -> (trace: Trace, outcome: Outcome?) {
    guard let run = makeRun(query) else {
      let delivery = Delivery(destination: .none(.noRoute))
      return (Trace(verdict: .accept, delivery: delivery), nil)
    }
    if let undo { prepareReply(run, undo.request, undo.outcome) }
    if query.inputInterface == nil {
      run.send(.always)
    } else {
      run.arrive(.always)
    }
    return TraceBuilder(run: run).build()
  }

  /// A run that has not begun; `nil` if the question's addresses do not go together.
  func makeRun(_ query: PacketQuery) -> Run? {
    guard let state = initialState(query) else { return nil }
    let run = Run(index: index, host: host, routing: routing, state: state)
    for unknown in state.unknown {
      let bits = run.unknownBytes(unknown.name, count: unknown.range.count)
      run.state.network.write(bits, at: unknown.range.lowerBound)
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
    let tuple = Self.tuple(packet.network, headers)
    let isReply = query.conntrackDirection == .reply
    var connection = Connection(
      classification: query.conntrackState, direction: query.conntrackDirection,
      status: SymbolicBytes(hostOrder: Self.status(query.conntrackState).rawValue),
      mark: SymbolicBytes(hostOrder: query.conntrackMark),
      original: isReply ? Self.inverted(tuple) : tuple,
      reply: isReply ? tuple : Self.inverted(tuple))
    connection.isConfirmed = false
    var state = PacketState(
      link: SymbolicBytes(packet.link), network: SymbolicBytes(packet.network),
      family: headers.family, etherType: packet.etherType, transport: headers.transport,
      transportOffset: headers.transportOffset, fragmentOffset: headers.fragmentOffset,
      input: input, mark: SymbolicBytes(hostOrder: query.mark), connection: connection)
    if query.inputInterface == nil, query.ownership == .socket {
      state.owner = PacketState.Owner(user: query.userID, group: query.groupID)
    }
    state.unknown = packet.unknown
    return state
  }

  private static func status(_ state: ConntrackState) -> ConntrackStatus {
    switch state {
    case .established: [.seenReply, .assured, .confirmed, .sourceNATDone, .destinationNATDone]
    case .related: [.expected]
    case .new, .invalid, .untracked: []
    }
  }

  private static func tuple(_ packet: [UInt8], _ headers: HeaderChain) -> Connection.Tuple {
    let addresses =
      switch headers.family {
      case .v4?: (12..<16, 16..<20)
      case .v6?: (8..<24, 24..<40)
      case nil: (0..<0, 0..<0)
      }
    let start = headers.transportOffset
    let hasPorts =
      headers.transport.map { TransportProtocol(rawValue: $0).hasPorts } ?? false
      && start + 4 <= packet.count
    return Connection.Tuple(
      source: SymbolicBytes(Array(packet[addresses.0])),
      destination: SymbolicBytes(Array(packet[addresses.1])),
      sourcePort: SymbolicBytes(hasPorts ? Array(packet[start..<start + 2]) : [0, 0]),
      destinationPort: SymbolicBytes(hasPorts ? Array(packet[start + 2..<start + 4]) : [0, 0]))
  }

  private static func inverted(_ tuple: Connection.Tuple) -> Connection.Tuple {
    Connection.Tuple(
      source: tuple.destination, destination: tuple.source, sourcePort: tuple.destinationPort,
      destinationPort: tuple.sourcePort)
  }
}
