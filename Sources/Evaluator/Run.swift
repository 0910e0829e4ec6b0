internal import DecisionDiagram
internal import Model

/// One evaluation: a set of packets on its way through the hooks of one host.
///
/// The methods stand in files by subject: `Run+Hooks` (the path), `Run+Chains` (rules and
/// verdicts), `Run+Routing`, `Run+Translation`, and `Expressions/` (one file a kind).
final class Run {
  let index: RulesetIndex
  let host: HostSnapshot
  let routing: RoutingTable
  /// `nil` when the host's sockets were not read.
  let sockets: SocketTable?
  let diagram = DecisionDiagram()
  var undecided = Undecided()
  var recorder = TraceRecorder()
  var outcomes: [Outcome] = []
  var assumptions: [String] = []

  /// The packets being evaluated now.
  var state: PacketState
  var hook: Hook = .prerouting
  /// The table and base chain that runs now.
  var table = 0
  var baseChain = 0
  var registers = RegisterFile()
  /// Packets of the current rule that got a verdict from an expression, in order.
  var ended: [(set: Node, ending: Ending)] = []
  /// Elements that rules on the way added or deleted, the latest last.
  var changes: [SetChange] = []
  /// The ipsets that targets on the way may have changed.
  var changedIPSets: Set<UInt16> = []
  /// Rules evaluated so far; a guard against rulesets that would take forever.
  var effort = 0
  /// Own packets whose destination or mark changed in the output hook, with the mark of that
  /// moment.
  var reroute: (set: Node, mark: SymbolicBytes)?
  /// Set since the last lookup for `reroute`.
  var hasNewReroute = false

  /// What an expression can end a rule with.
  enum Ending {
    case verdict(Verdict)
    case reject(Rejection)
    /// A translation that was made: accepts, and is shown as what it did.
    case translated(TraceStep.Verdict)
  }

  /// An element that `dynset` put into a set or took out of it, for some packets.
  struct SetChange {
    var reference: SetReference
    var key: [UInt8]
    /// `nil` for a deletion.
    var element: Element?
    var set: Node
  }

  /// Whether a rule wrote into the network header since it was last read.
  var isHeaderStale = false
  /// The device that the sending socket is bound to.
  var boundOutput: Interface?
  /// The socket of this host that asked for what arrives now.
  var asker: LocalSocket?
  /// Meta values that can't be known and do not change on the way.
  var steadyValues: [MetaKey: SymbolicBytes] = [:]
  /// SO_MARK of the sending socket, host order.
  let socketMark: SymbolicBytes

  /// Rules that one packet may meet before it is given up: far more than any kernel would run, and
  /// as many as can be told of in a few hundred megabytes.
  static let effortLimit = 2_000_000
  /// How deep chains may call each other: nf_tables takes 16 (`NFT_JUMP_STACK_SIZE`),
  /// xtables-legacy any number, of which the stack of a thread holds so many.
  static let depthLimit = 256

  init(
    index: RulesetIndex, host: HostSnapshot, routing: RoutingTable, sockets: SocketTable?,
    state: PacketState
  ) {
    self.index = index
    self.sockets = sockets
    socketMark = state.mark
    self.host = host
    self.routing = routing
    self.state = state
  }

  /// A fact that can't be known, true where it holds.
  func fact(holds: String, fails: String, isLikely: Bool = true) -> Node {
    undecided.fact(Condition(holds: holds, fails: fails, isLikely: isLikely), in: diagram)
  }

  /// Bytes that can't be known.
  func unknownBytes(_ name: String, count: Int, likely: UInt64 = 0) -> SymbolicBytes {
    SymbolicBytes(
      nodes: undecided.quantity(name, bits: count * 8, likely: likely, in: diagram))
  }

  /// A number in host order that can't be known.
  func unknownNumber(_ name: String, count: Int, likely: UInt64 = 0) -> SymbolicBytes {
    let bits = undecided.quantity(name, bits: count * 8, likely: likely, in: diagram)
    return SymbolicBytes(hostOrder: bits)
  }

  /// Makes unknown whatever of the packet only its sender knows, before a rule looks at that.
  func settle(_ range: Range<Int>) {
    guard !state.unknown.isEmpty else { return }
    for place in state.unknown.indices.reversed() where state.unknown[place].range.overlaps(range) {
      let found = state.unknown.remove(at: place)
      let start = found.range.lowerBound
      let known = (0..<found.knownBits).map { state.network.bit(start * 8 + $0) }
      let bits = undecided.quantity(
        found.name, bits: found.range.count * 8 - found.knownBits, likely: found.likely,
        in: diagram)
      state.network.write(SymbolicBytes(nodes: known + bits), at: start)
    }
  }

  /// The same for the sender's address in the link header.
  func settleLink() {
    guard state.isLinkSourceUnknown, state.link.count >= 12 else { return }
    state.isLinkSourceUnknown = false
    state.link.write(unknownBytes("the sender's hardware address", count: 6), at: 6)
  }

  func assume(_ sentence: String) {
    if !assumptions.contains(sentence) { assumptions.append(sentence) }
  }

  /// Ends packets for good: filtered, on their way to where NAT had sent them.
  func finish(
    _ set: Node, _ verdict: Trace.Verdict, step: TraceStep?, rejection: Rejection? = nil,
    queue: UInt16? = nil
  ) {
    finish(
      set, verdict, step: step, rejection: rejection, queue: queue,
      delivery: delivery(.none(nil), interface: nil))
  }

  func finish(
    _ set: Node, _ verdict: Trace.Verdict, step: TraceStep?, rejection: Rejection? = nil,
    queue: UInt16? = nil, delivery: Delivery
  ) {
    outcomes.append(
      Outcome(
        set: set, verdict: verdict, rejection: rejection, queue: queue, step: step,
        delivery: delivery, state: state))
  }
}
