internal import DecisionDiagram
internal import Model

/// What conntrack knows of a packet, as far as rules can see it.
struct Connection {
  /// A direction's addresses and ports, in network order; ports are empty where the protocol has
  /// none.
  struct Tuple: Equatable {
    var source: SymbolicBytes
    var destination: SymbolicBytes
    var sourcePort: SymbolicBytes
    var destinationPort: SymbolicBytes
    /// Identifier, and type and code, stand in place of ports.
    var isICMP = false

    /// The tuple of the other direction.
    var inverted: Tuple {
      guard isICMP else {
        return Tuple(
          source: destination, destination: source, sourcePort: destinationPort,
          destinationPort: sourcePort)
      }
      var typeAndCode = destinationPort
      if let known = destinationPort.constant {
        typeAndCode = SymbolicBytes([Self.answers[known[0]] ?? known[0], known[1]])
      }
      return Tuple(
        source: destination, destination: source, sourcePort: sourcePort,
        destinationPort: typeAndCode, isICMP: true)
    }

    /// Types that answer each other (`invmap` in net/netfilter/nf_conntrack_proto_icmp.c and
    /// nf_conntrack_proto_icmpv6.c; their numbers do not overlap).
    private static let answers: [UInt8: UInt8] = [
      8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17,
      128: 129, 129: 128, 139: 140, 140: 139,
    ]
  }

  /// The packets that have an entry: none before conntrack's hook, nor of untracked or invalid
  /// ones.
  var present = Node.never
  /// The packets for which `notrack` was said, or that conntrack leaves alone.
  var untracked = Node.never
  /// Those of them that have but a template, which a rule gave them.
  var template = Node.never
  /// The packets that the conntrack hook has seen.
  var seen = Node.never
  /// What conntrack says once it sees the packet.
  var classification: ConntrackState
  /// Whether somebody said so; else `new` holds only for packets that a connection can begin with.
  var isClassificationGiven: Bool
  var direction: ConntrackDirection
  /// Host order, as in the registers.
  var status: SymbolicBytes
  var mark: SymbolicBytes
  var labels = SymbolicBytes([UInt8](repeating: 0, count: 16))
  var zone = SymbolicBytes([0, 0])
  var original: Tuple
  var reply: Tuple
  /// The packets whose destination (source) translation is settled: nat chains are not asked again.
  var destinationBound = Node.never
  var sourceBound = Node.never
  /// Confirmed: the packet has been through every hook once (a looped packet's second pass).
  var isConfirmed = false
  /// Translations to undo on a reply: the client's own address and port, and the one it asked for.
  var undoSource: Endpoint?
  var undoDestination: Endpoint?
}
