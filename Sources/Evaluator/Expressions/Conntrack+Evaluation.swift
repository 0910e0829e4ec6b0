internal import DecisionDiagram
internal import Model

extension Run {
  /// Source: net/netfilter/nft_ct.c, `nft_ct_get_eval`. Every key but the state breaks without an
  /// entry.
  func evaluate(_ conntrack: Conntrack) -> Node {
    if conntrack.key == .state {
      if state.connection.present == .always,
        registers.store(state.connection.classification.rawValue, at: conntrack.destination)
      {
        return .always
      }
      registers.store(conntrackState, at: conntrack.destination)
      return .always
    }
    let present = state.connection.present
    guard present != .never, let value = connectionValue(conntrack) else { return .never }
    registers.store(value, at: conntrack.destination)
    return present
  }

  /// The state register, in host order: what conntrack said, untracked, or invalid.
  var conntrackState: SymbolicBytes {
    let connection = state.connection
    let absent = diagram.choose(
      connection.untracked, SymbolicBytes(hostOrder: ConntrackState.untracked.rawValue),
      SymbolicBytes(hostOrder: ConntrackState.invalid.rawValue))
    return diagram.choose(
      connection.present, SymbolicBytes(hostOrder: connection.classification.rawValue), absent)
  }

  private func connectionValue(_ conntrack: Conntrack) -> SymbolicBytes? {
    let connection = state.connection
    switch conntrack.key {
    case .direction: return SymbolicBytes([connection.direction.rawValue])
    case .status: return connection.status
    case .mark: return connection.mark
    case .labels: return connection.labels
    case .zone: return connection.zone
    case .securityMark: return SymbolicBytes(hostOrder: 0)
    case .networkProtocol: return SymbolicBytes([state.family?.rawValue ?? 0])
    case .transportProtocol: return SymbolicBytes([state.transport ?? 0])
    case .expiration:
      // An unconfirmed entry has no timer yet.
      return connection.classification == .new && !connection.isConfirmed
        ? SymbolicBytes(hostOrder: 0) : unknownBytes("the connection's remaining time", count: 4)
    case .helper: return helperName(connection)
    case .packets, .bytes, .averagePacket: return accounting(conntrack)
    case .id: return unknownBytes("the connection's id", count: 4)
    default: return tupleValue(conntrack)
    }
  }

  private func helperName(_ connection: Connection) -> SymbolicBytes? {
    // Only an expected connection has a helper that rules can see.
    guard connection.classification == .related else { return nil }
    return unknownBytes("the connection's helper", count: 16)
  }

  /// A new connection counts its own first packet.
  private func accounting(_ conntrack: Conntrack) -> SymbolicBytes {
    let connection = state.connection
    guard connection.classification == .new else {
      return unknownBytes("the connection's counters", count: 8)
    }
    let counts = conntrack.direction != .reply
    let value =
      switch conntrack.key {
      case .packets: counts ? 1 : 0
      default: counts ? state.network.count : 0
      }
    return SymbolicBytes((0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) })
  }

  private func tupleValue(_ conntrack: Conntrack) -> SymbolicBytes? {
    let connection = state.connection
    let tuple = conntrack.direction == .reply ? connection.reply : connection.original
    switch conntrack.key {
    case .source: return tuple.source
    case .destination: return tuple.destination
    case .sourceV4: return state.family == .v4 ? tuple.source : nil
    case .destinationV4: return state.family == .v4 ? tuple.destination : nil
    case .sourceV6: return state.family == .v6 ? tuple.source : nil
    case .destinationV6: return state.family == .v6 ? tuple.destination : nil
    case .sourcePort: return tuple.sourcePort
    case .destinationPort: return tuple.destinationPort
    default: return unknownBytes("ct key \(conntrack.key.rawValue)", count: 4)
    }
  }

  /// Source: `nft_ct_set_eval`: without an entry it does nothing, and goes on.
  func evaluate(_ write: ConntrackWrite, _ matched: Node) -> Node {
    switch write.key {
    case .mark:
      let affected = diagram.and(matched, state.connection.present)
      state.connection.mark = diagram.choose(
        affected, load(write.source, count: 4), state.connection.mark)
    case .labels:
      let affected = diagram.and(matched, state.connection.present)
      let merged = merge(state.connection.labels, load(write.source, count: 16))
      state.connection.labels = diagram.choose(affected, merged, state.connection.labels)
    case .zone:
      // What has no connection gets a template of one, which counts as new until conntrack looks
      // (`nft_ct_set_zone_eval`).
      let tracked = diagram.or(state.connection.present, state.connection.untracked)
      let affected = diagram.subtract(matched, tracked)
      state.connection.present = diagram.or(state.connection.present, affected)
      state.connection.template = diagram.or(state.connection.template, affected)
      state.connection.zone = diagram.choose(
        affected, load(write.source, count: 2), state.connection.zone)
    default:
      break
    }
    return .always
  }

  /// Labels are or-ed into those that the connection has (`nf_connlabels_replace` with its mask).
  private func merge(_ old: SymbolicBytes, _ new: SymbolicBytes) -> SymbolicBytes {
    if let a = old.constant, let b = new.constant {
      return SymbolicBytes(zip(a, b).map { $0 | $1 })
    }
    return SymbolicBytes(nodes: (0..<128).map { diagram.or(old.bit($0), new.bit($0)) })
  }

  /// Source: `nft_notrack_eval`: only packets without an entry.
  func evaluateNotrack(_ matched: Node) -> Node {
    let affected = diagram.subtract(matched, state.connection.present)
    state.connection.untracked = diagram.or(state.connection.untracked, affected)
    return .always
  }
}
