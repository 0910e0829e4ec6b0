internal import DecisionDiagram
internal import Model

extension Evaluation {
  /// The packet that answers a delivered request, as it starts on this host's part of its way back.
  func replyQuery(to query: PacketQuery, _ outcome: Outcome, flags: TCPFlags) -> PacketQuery? {
    guard let source = outcome.delivery.source, let address = outcome.delivery.address else {
      return nil
    }
    var reply = PacketQuery(
      transport: query.transport, source: Endpoint(address, port: outcome.delivery.port),
      destination: source)
    reply.tcpFlags = flags
    if query.transport == .icmp { reply.icmpType = 0 }
    if query.transport == .icmpv6 { reply.icmpType = 129 }
    reply.conntrackDirection = .reply
    reply.conntrackState = outcome.state.connection.present == .never ? .invalid : .established
    reply.conntrackMark = Self.hostOrder(outcome.state.connection.mark) ?? 0
    reply.ownership = .kernel
    switch outcome.delivery.destination {
    case .local:
      // Over loopback the answer starts at this host as well.
      reply.inputInterface = nil
    case .forward, .out:
      reply.inputInterface = outcome.delivery.interface
      reply.ownership = .stranger(isOnLink: false)
    case .none:
      return nil
    }
    return reply
  }

  /// Gives a reply the connection of its request: what NAT must undo, and the original tuple.
  func prepareReply(_ run: Run, _ request: PacketQuery, _ outcome: Outcome) {
    let connection = outcome.state.connection
    if request.inputInterface == nil, let port = request.source.port {
      run.asker = LocalSocket(
        transport: request.transport, address: request.source.address, port: port,
        peer: request.destination, state: .connected, family: request.source.address.family,
        mark: request.mark)
    }
    run.state.connection.original = connection.original
    run.state.connection.reply = connection.reply
    run.state.connection.status = connection.status
    run.addStatus(.seenReply, .always)
    run.addStatus(.confirmed, .always)
    let isUntranslated =
      outcome.delivery.source == request.source
      && outcome.delivery.address == request.destination.address
      && outcome.delivery.port == request.destination.port
    guard !isUntranslated else { return }
    run.state.connection.undoSource = request.source
    run.state.connection.undoDestination = request.destination
  }

  private static func hostOrder(_ bytes: SymbolicBytes) -> UInt32? {
    bytes.constant?.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
  }
}
