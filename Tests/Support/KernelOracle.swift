internal import Glibc
internal import Kernel
package import Model

/// Asks the running kernel what it does with a packet: loads a ruleset into a network of its own,
/// sends the packet for real and reads the kernel's trace.
package final class KernelOracle {
  /// The ruleset as read back, without the oracle's own table.
  package private(set) var ruleset: Ruleset
  /// The host that it was loaded into.
  package let host: HostSnapshot

  private let network: OracleNetwork
  private let trace: KernelTraceSocket
  /// Those that answered for this host.
  private var listeners: [TestListener] = []

  /// Names of the tables that set the trace flag: nothing of theirs is reported.
  private static let ownTable = "reach_oracle"

  /// - Parameters:
  ///   - rules: a ruleset in nft's language.
  ///   - sysctls: dotted names and values, for the host.
  ///   - prepare: sets up more of the host, after the ruleset and before both are read.
  package init(
    _ rules: String, sysctls: [(key: String, value: String)] = [],
    prepare: (TestNamespace) throws -> Void = { _ in }
  ) throws {
    let network = try OracleNetwork()
    for setting in sysctls { try network.host.sysctl(setting.key, setting.value) }
    try network.host.loadRuleset(rules)
    try prepare(network.host)
    ruleset = try network.host.inside { try RulesetReader().read(.everything) }
    host = try network.host.inside {
      var host = HostReader().snapshot()
      host.sockets = try SocketTableReader.sockets()
      host.groups = try GroupReader.groups()
      return host
    }
    trace = try network.host.inside { try KernelTraceSocket() }
    try network.host.loadRuleset(Self.tracing(Self.traced))
    self.network = network
  }

  package func cleanUp() {
    network.cleanUp()
  }

  /// Loads another ruleset instead, and traces every packet from then on.
  ///
  /// - Returns: what nft complained of; `nil` if it is loaded.
  package func replace(_ rules: String) throws -> String? {
    // The oracle's own chains come last, so that among equals they run first.
    let text = "flush ruleset; \(rules)\n" + Self.tracing("meta nftrace set 1")
    // What a thread starts is in its namespace: that spares another program and its mounts.
    let output = try network.host.inside {
      try Command(["nft", "-f", "-"], input: Array(text.utf8)).output()
    }
    guard output.status == 0 else { return output.errorText }
    try refresh()
    return nil
  }

  /// Reads the ruleset again: packets change the elements of sets and what objects have counted.
  package func refresh() throws {
    var read = try network.host.inside { try RulesetReader().read(.everything) }
    read.tables.removeAll { $0.name == Self.ownTable }
    ruleset = read
  }

  /// Forgets all connections.
  package func forgetConnections() throws { try network.forgetConnections() }

  /// Every packet with one of the ports that cases use, and pings.
  private static let traced = """
        meta l4proto { tcp, udp, sctp } th sport 40000-49999 meta nftrace set 1
        meta l4proto { tcp, udp, sctp } th dport 40000-49999 meta nftrace set 1
        meta l4proto icmp meta nftrace set 1
        icmpv6 type echo-request meta nftrace set 1
        meta protocol arp meta nftrace set 1
    """

  /// Flags packets before anything else runs.
  private static func tracing(_ rules: String) -> String {
    """
    table inet \(ownTable) {
      chain pre { type filter hook prerouting priority -2000000000; \(rules)
      }
      chain out { type filter hook output priority -2000000000; \(rules)
      }
    }
    table netdev \(ownTable) {
      chain eth0 { type filter hook ingress device "eth0" priority -2000000000; \(rules)
      }
      chain eth1 { type filter hook ingress device "eth1" priority -2000000000; \(rules)
      }
      chain lo { type filter hook ingress device "lo" priority -2000000000; \(rules)
      }
    }
    """
  }

  /// Sends the packet and tells what became of it.
  ///
  /// A packet in reply direction is preceded by the one that it answers. This host's own SYN-ACK is
  /// left to its kernel, which knows the right sequence numbers.
  ///
  /// - Parameters:
  ///   - patience: how long the first trace message may take, in milliseconds.
  ///   - quiet: how long none may come before the trace is taken as complete.
  package func answer(
    _ query: PacketQuery, patience: Int32 = 500, quiet: Int32 = 15
  ) throws -> KernelAnswer {
    if query.frame != nil { return try frameAnswer(query, patience: patience, quiet: quiet) }
    let isReply = query.conntrackDirection == .reply
    let isHandshake =
      isReply && query.inputInterface == nil && query.tcpFlags == [.syn, .ack]
      && query.transport == .tcp
    if isReply && !isHandshake { try network.sendOpening(opening(of: query)) }
    _ = try trace.events(patience: min(5, quiet / 4), quiet: min(5, quiet / 4))
    if isHandshake, let port = query.source.port {
      let host = network.host
      listeners.append(try TestListener(on: query.source.address, port: port.number, in: host))
      try network.sendOpening(opening(of: query))
    } else {
      try network.send(query)
    }
    let events = try trace.events(patience: patience, quiet: quiet)
    return KernelAnswer(steps: steps(of: query, events), ruleset: ruleset)
  }

  /// Sends a packet that is bytes from end to end, and takes the trace that is there when the
  /// kernel is done with it. `OracleWire` says why that is all of it, as a rule.
  package func quickAnswer(_ query: PacketQuery) throws -> KernelAnswer {
    var events: [KernelTraceEvent] = []
    try trace.pending(into: &events)
    events.removeAll(keepingCapacity: true)
    if query.conntrackState == .established { try network.addConnection(for: query) }
    try network.send(query)
    try trace.pending(into: &events)
    return KernelAnswer(steps: steps(of: query, events), ruleset: ruleset)
  }

  private func frameAnswer(
    _ query: PacketQuery, patience: Int32, quiet: Int32
  ) throws -> KernelAnswer {
    _ = try trace.events(patience: min(5, quiet / 4), quiet: min(5, quiet / 4))
    if query.conntrackState == .established { try network.addConnection(for: query) }
    try network.send(query)
    let events = try trace.events(patience: patience, quiet: quiet)
    return KernelAnswer(steps: steps(of: query, events), ruleset: ruleset)
  }

  /// The first packet of the connection that a reply belongs to.
  private func opening(of query: PacketQuery) -> PacketQuery {
    var input: String?
    if query.inputInterface == nil {
      let peer = query.destination.address.description
      input = peer.hasPrefix("10.9.1.") || peer.hasPrefix("fd09:1:") ? "eth1" : "eth0"
    }
    return PacketQuery(
      transport: query.transport, source: query.destination, destination: query.source,
      inputInterface: input)
  }

  /// The steps of one packet out of all that was traced meanwhile.
  private func steps(of query: PacketQuery, _ events: [KernelTraceEvent]) -> [TraceStep] {
    var mine: Set<UInt32> = []
    var others: Set<UInt32> = []
    var steps: [TraceStep] = []
    var base: Chain?
    for event in events {
      // Of a later piece of an IPv6 packet the kernel shows no header at all.
      let isHeadless = event.network.isEmpty && query.frame != nil && mine.isEmpty
      if isHeadless, !others.contains(event.id) { mine.insert(event.id) }
      if !event.network.isEmpty, !mine.contains(event.id), !others.contains(event.id) {
        // What comes in on loopback before this host has answered anything is the packet itself,
        // whatever NAT made of it.
        let isLooped =
          query.inputInterface == nil && !mine.isEmpty && others.isEmpty
          && event.table == Self.ownTable && event.chain != "out"
        if isLooped || belongs(event, to: query) {
          mine.insert(event.id)
        } else {
          others.insert(event.id)
        }
      }
      guard mine.contains(event.id), event.table != Self.ownTable else { continue }
      let chain = ruleset.table(event.family, event.table)?.chain(event.chain)
      if chain?.base != nil { base = chain }
      if let hook = base?.base?.hook, let step = TraceStep(event, hook: hook, base: base) {
        steps.append(step)
      }
    }
    return steps
  }

  /// Whether the packet of an event's headers is the query's: by its source, which nothing else
  /// has.
  private func belongs(_ event: KernelTraceEvent, to query: PacketQuery) -> Bool {
    if let frame = query.frame { return Self.isMarked(event.network, like: frame) }
    let bytes = PacketBytes.datagram(query)
    let (address, protocolOffset) = query.source.address.family == .v4 ? (12..<16, 9) : (8..<24, 6)
    guard event.network.count >= address.upperBound,
      event.network[protocolOffset] == query.transport.rawValue
    else { return false }
    guard let port = query.source.port?.number, query.transport.hasPorts else {
      return event.network[address] == bytes[address]
    }
    // After NAT, on its way back in over lo, it may have other addresses, but not another port.
    guard event.transport.count >= 4 else { return false }
    let flags = query.transport == .tcp ? event.transport.dropFirst(13).first : nil
    let isSameFlags = flags == nil || flags == query.tcpFlags.rawValue
    let source = UInt16(event.transport[0]) << 8 | UInt16(event.transport[1])
    return source == port && isSameFlags
  }
}

extension KernelOracle {
  /// Whether a header has the version, source and identification or flow label of a frame.
  private static func isMarked(_ header: [UInt8], like frame: [UInt8]) -> Bool {
    let isTagged = frame.count > 13 && frame[12] == 0x81 && frame[13] == 0
    let sent = Array(frame.dropFirst(isTagged ? 18 : 14))
    guard let first = sent.first, header.first.map({ $0 >> 4 }) == first >> 4 else { return false }
    let (source, mark) = first >> 4 == 4 ? (12..<16, 4..<6) : (8..<24, 2..<4)
    guard header.count >= source.upperBound, sent.count >= source.upperBound else { return false }
    return header[source] == sent[source] && header[mark] == sent[mark]
  }
}

/// What the kernel did with a packet.
package struct KernelAnswer: Sendable {
  /// Rules that matched and policies, in the kernel's order. A reject is traced as drop, NAT as
  /// accept.
  package let steps: [TraceStep]
  package let verdict: Trace.Verdict
  /// As the contract defines it: the last step of a refusal, else the last accepting rule of a
  /// filter or route chain.
  package let decidedBy: TraceStep?

  init(steps: [TraceStep], ruleset: Ruleset) {
    let named = steps.map { step in
      var step = step
      step.rule = ruleset.table(step.family, step.table)?.chain(step.chain)?.rules
        .first { $0.handle == step.handle }
      return step
    }
    self.steps = named
    let accepting = named.last {
      $0.verdict == .accept && !$0.isPolicy && $0.chainKind != .nat
    }
    switch named.last?.verdict {
    case .drop:
      let isReject = named.last?.rule?.expressions.contains {
        switch $0 {
        case .reject: true
        case .xtablesTarget(let target): target.name == "REJECT"
        default: false
        }
      }
      (verdict, decidedBy) = (isReject == true ? .reject : .drop, named.last)
    case .queue: (verdict, decidedBy) = (.queue, named.last)
    case .stolen: (verdict, decidedBy) = (.stolen, named.last)
    default: (verdict, decidedBy) = (.accept, accepting)
    }
  }
}

extension TraceStep {
  /// The step that a trace message tells of; `nil` for the nameless one at the end of a chain.
  init?(_ event: KernelTraceEvent, hook: Hook, base: Chain?) {
    let isPolicy = event.kind == .policy
    guard isPolicy || event.handle != nil else { return nil }
    var target: String?
    let verdict: TraceStep.Verdict
    switch event.verdict {
    case _ where isPolicy: verdict = event.policy == 0 ? .drop : .accept
    case .drop: verdict = .drop
    case .accept: verdict = .accept
    case .stolen: verdict = .stolen
    case .queue: verdict = .queue
    case .jump(let chain): (verdict, target) = (.jump, chain)
    case .goto(let chain): (verdict, target) = (.goto, chain)
    case .return: verdict = .return
    case .continue, .break, .unknown, nil: verdict = .continue
    }
    self.init(
      hook: hook, family: event.family, table: event.table, chain: event.chain,
      handle: isPolicy ? nil : event.handle, verdict: verdict, target: target, isPolicy: isPolicy,
      chainKind: base?.base?.kind ?? .filter)
  }

  /// One line that says all that the kernel's trace and the evaluator can be compared by.
  package var comparisonText: String {
    let folded: Verdict =
      switch verdict {
      case .reject: .drop
      case .dnat, .snat, .masquerade, .redirect: .accept
      default: verdict
      }
    let place = isPolicy ? "policy" : handle.map(String.init) ?? "?"
    let jump = target.map { " \($0)" } ?? ""
    return "\(hook.name) \(family.name)/\(table)/\(chain)/\(place) \(folded.rawValue)\(jump)"
  }
}
