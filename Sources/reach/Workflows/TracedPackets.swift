internal import Kernel
internal import Model

/// Sorts the kernel's trace messages into packets: those of one flow, in order, by direction.
struct TracedPackets {
  /// A packet's way through one stack: from its first hook to its end, or to a loopback device.
  struct Passage {
    /// `prerouting` for what arrived, `output` for what this host sent.
    var start: Hook
    var isReply: Bool
    var flags: TCPFlags?
    var steps: [TraceStep] = []
    fileprivate var base: BaseChain?
  }

  private let table: String
  private let ruleset: Ruleset
  private let transport: TransportProtocol
  /// The requests' sender: a port that nobody else has.
  private let sender: Endpoint
  private(set) var passages: [Passage] = []
  /// The passage that messages with an id belong to: ids come again, but not for two at once.
  private var current: [UInt32: Int] = [:]

  /// - Parameter table: our own, whose messages begin a passage and are not shown.
  init(
    table: String, ruleset: Ruleset, transport: TransportProtocol, sender: Endpoint
  ) {
    self.table = table
    self.transport = transport
    self.ruleset = ruleset
    self.sender = sender
  }

  mutating func add(_ event: TraceEvent) {
    if event.family == .inet, event.table == table {
      // The headers come with the first message of a packet in a chain: not at the chain's end.
      guard !event.networkHeader.isEmpty else { return }
      begin(event, event.chain == TraceTable.arrivalChain ? .prerouting : .output)
      return
    }
    guard let chain = ruleset.table(event.family, event.table)?.chain(event.chain) else { return }
    if current[event.id] == nil || chain.base?.hook == .ingress && !isInIngress(event.id) {
      // On a loopback device the flag stays, and ingress comes before our table.
      guard chain.base?.hook == .ingress, direction(event) != nil else { return }
      begin(event, .prerouting)
    }
    guard let index = current[event.id], passages.indices.contains(index) else { return }
    if let base = chain.base { passages[index].base = base }
    if let base = passages[index].base, let step = TraceStep(event, in: base, ruleset) {
      passages[index].steps.append(step)
    }
  }

  private func isInIngress(_ id: UInt32) -> Bool {
    guard let index = current[id], passages.indices.contains(index) else { return false }
    return passages[index].base?.hook == .ingress
  }

  private mutating func begin(_ event: TraceEvent, _ start: Hook) {
    // The passage has begun at ingress.
    if start == .prerouting, isInIngress(event.id) { return }
    guard let isReply = direction(event) else {
      current[event.id] = nil
      return
    }
    current[event.id] = passages.count
    // Byte 13 of the TCP header.
    let flags = event.transportHeader.dropFirst(13).first.map { TCPFlags(rawValue: $0 & 0x3f) }
    passages.append(
      Passage(start: start, isReply: isReply, flags: transport == .tcp ? flags : nil))
  }

  /// Whether it is a reply; `nil` if it is none of the flow's.
  private func direction(_ event: TraceEvent) -> Bool? {
    guard event.transportHeader.count >= 4, let port = sender.port?.number else { return nil }
    let ports = event.transportHeader.prefix(4).map { UInt16($0) }
    if ports[0] << 8 | ports[1] == port { return false }
    if ports[2] << 8 | ports[3] == port { return true }
    // NAT may have changed the port: own table's rules match nothing but the flow.
    return event.table == table ? event.chain == TraceTable.arrivalChain : nil
  }

  // MARK: What is compared

  /// Whether the probe was seen at all, be it by no rule but ours.
  var hasRequest: Bool { passages.contains { !$0.isReply } }
  /// The first request's way, back in over a loopback device included.
  var request: [TraceStep] { first(isReply: false).flatMap(\.steps) }
  /// The first answer's.
  var reply: [TraceStep] { first(isReply: true).flatMap(\.steps) }
  /// Where tracing the first answer began, and its flags; `nil` if none was seen.
  var answer: (start: Hook, flags: TCPFlags?)? {
    first(isReply: true).first.map { ($0.start, $0.flags) }
  }

  private func first(isReply: Bool) -> [Passage] {
    let mine = passages.filter { $0.isReply == isReply }
    guard let first = mine.first else { return [] }
    // What was sent and comes in again before anything else was sent is the same packet.
    guard first.start == .output, let second = mine.dropFirst().first, second.start == .prerouting,
      second.flags == first.flags
    else { return [first] }
    return [first, second]
  }
}

extension TraceStep {
  /// The step that a message tells of; `nil` for the nameless one at the end of a base chain.
  init?(_ event: TraceEvent, in base: BaseChain, _ ruleset: Ruleset) {
    let isPolicy = event.kind == .policy
    guard isPolicy || event.ruleHandle != nil else { return nil }
    var target: String?
    let verdict: TraceStep.Verdict
    switch isPolicy ? event.policy : event.verdict {
    case .drop: verdict = .drop
    case .accept: verdict = .accept
    case .stolen: verdict = .stolen
    case .queue: verdict = .queue
    case .jump(let chain): (verdict, target) = (.jump, chain)
    case .goto(let chain): (verdict, target) = (.goto, chain)
    case .return: verdict = .return
    case .continue, .break, .unknown, nil: verdict = .continue
    }
    let rule = ruleset.table(event.family, event.table)?.chain(event.chain)?.rules
      .first { $0.handle == event.ruleHandle }
    self.init(
      hook: base.hook, family: event.family, table: event.table, chain: event.chain,
      handle: isPolicy ? nil : event.ruleHandle, verdict: verdict, target: target,
      isPolicy: isPolicy, chainKind: base.kind, path: [event.chain], rule: rule)
  }
}
