internal import DecisionDiagram
package import Model

/// Destination ports sorted into groups whose packets fare alike.
package struct PortGroups: Sendable {
  /// All port numbers, 0 included, in order.
  private let runs: [GroupRun]

  init(_ runs: [GroupRun]) {
    self.runs = runs
  }

  /// The group of a port.
  ///
  /// - Complexity: O(log n)
  package subscript(port: Port) -> Int {
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].values.upperBound <= Int(port.number) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < runs.count ? runs[low].group : 0
  }

  /// One port of each group.
  package var examples: [Port] {
    var seen: Set<Int> = []
    return runs.compactMap { run in
      // Port 0 is no port to ask about.
      let value = max(run.values.lowerBound, 1)
      guard run.values.contains(value), seen.insert(run.group).inserted else { return nil }
      return Port(UInt16(truncatingIfNeeded: value))
    }
  }

  /// The groups of those that neither tells apart.
  package func refined(by other: PortGroups) -> PortGroups {
    refined { _ in other }
  }

  /// Each group sorted further; `nil`: it stays whole.
  func refined(_ finer: (Int) -> PortGroups?) -> PortGroups {
    struct Pair: Hashable {
      var group: Int
      var part: Int
    }
    var known: [Pair: Int] = [:]
    var result: [GroupRun] = []
    func add(_ values: Range<Int>, _ pair: Pair) {
      guard !values.isEmpty else { return }
      let group = known[pair] ?? known.count
      known[pair] = group
      result.append(GroupRun(values: values, group: group))
    }
    for run in runs {
      guard let parts = finer(run.group) else {
        add(run.values, Pair(group: run.group, part: 0))
        continue
      }
      for part in parts.runs where part.values.overlaps(run.values) {
        add(part.values.clamped(to: run.values), Pair(group: run.group, part: part.group))
      }
    }
    return PortGroups(result)
  }
}

extension Evaluation {
  /// More groups than this are not worth having: the ports may as well be asked about one by one.
  private static let groupLimit = 512

  /// Sorts every destination port into groups, within which the request meets the same rules with
  /// the same verdicts, and so does the kernel's own answer to it.
  ///
  /// The packet is evaluated once with all ports at a time (docs/architecture.md, section 2), and
  /// for each group the answer. What holds for one port of a group holds for all, apart from the
  /// port number itself in `Delivery`.
  ///
  /// - Returns: `nil` where the ports have to be asked about one by one: NAT, sockets and hashes
  ///   are looked up by single numbers.
  package func portGroups(_ query: PacketQuery) -> PortGroups? {
    guard [.tcp, .udp].contains(query.transport), query.frame == nil,
      host.routingRules.allSatisfy({ $0.destinationPorts == nil && $0.sourcePorts == nil }),
      index.chains.allSatisfy({ $0.chain.rules.allSatisfy(\.takesPortsTogether) })
    else { return nil }
    var facts: Set<String> = []
    var told: Set<String> = []
    guard let requests = groups(of: query, reading: .destination, undo: nil, &facts) else {
      return nil
    }
    var answers: [Int: PortGroups] = [:]
    let examples = requests.examples
    guard examples.count <= Self.groupLimit else { return nil }
    for port in examples {
      var single = query
      single.destination.port = port
      guard let run = makeRun(single) else { return nil }
      start(run, single)
      let outcome = TraceBuilder(run: run).build().outcome
      told.formUnion(run.undecided.names)
      guard let outcome, outcome.verdict == .accept,
        let reply = replyQuery(to: single, outcome, flags: [.syn, .ack])
      else { continue }
      guard outcome.delivery.address == query.destination.address, outcome.delivery.port == port,
        let groups = groups(of: reply, reading: .source, undo: (single, outcome), &facts)
      else { return nil }
      answers[requests[port]] = groups
      guard let answer = makeRun(reply) else { return nil }
      prepareReply(answer, single, outcome)
      start(answer, reply)
      told.formUnion(answer.undecided.names)
    }
    // A doubt that no single port raises comes from asking about all of them at once.
    guard facts.isSubset(of: told) else { return nil }
    return requests.refined { answers[$0] }
  }

  private enum PortPlace {
    case source
    case destination
  }

  private func start(_ run: Run, _ query: PacketQuery) {
    if query.inputInterface == nil { run.send(.always) } else { run.arrive(.always) }
  }

  /// Evaluates a packet with one of its ports free.
  private func groups(
    of query: PacketQuery, reading place: PortPlace, undo: (PacketQuery, Outcome)?,
    _ facts: inout Set<String>
  ) -> PortGroups? {
    var bits: [Node] = []
    let run = makeRun(query) { run in
      bits = (0..<16).map { _ in run.diagram.node(run.diagram.makeVariable()) }
    }
    guard let run, run.state.hasPorts else { return nil }
    if let undo { prepareReply(run, undo.0, undo.1) }
    let free = SymbolicBytes(nodes: bits)
    let offset = run.state.transportOffset + (place == .source ? 0 : 2)
    run.state.network.write(free, at: offset)
    // In the connection's tuples it is the port of the one who is asked, in both cases.
    run.state.connection.original.destinationPort = free
    run.state.connection.reply.sourcePort = free
    start(run, query)
    facts.formUnion(run.undecided.names)
    // A mark made of the port is for that port alone, and the answer's rules may look at it.
    guard run.outcomes.allSatisfy({ $0.state.connection.mark.isConstant }) else { return nil }
    let functions = run.recorder.entries.map(\.set) + run.outcomes.map(\.set)
    return PortGroups(run.diagram.groups(of: functions, overFirst: 16))
  }
}

extension Rule {
  /// Whether evaluating it for all ports at a time says of each port what evaluating it for that
  /// port alone would.
  fileprivate var takesPortsTogether: Bool { expressions.allSatisfy(\.takesPortsTogether) }
}

extension Expression {
  fileprivate var takesPortsTogether: Bool {
    switch self {
    case .immediate, .compare, .range, .bitwise, .byteOrder, .payload, .extensionHeader, .meta,
      .metaWrite, .conntrack, .conntrackWrite, .routing, .fib, .lookup, .counter, .last, .log,
      .limit, .quota, .connectionLimit, .numberGenerator, .masquerade, .reject, .queue, .notrack:
      true
    case .payloadWrite, .socket, .dynamicSet, .objectReference, .hash, .nat, .redirect,
      .transparentProxy, .synproxy, .duplicate, .forward, .flowOffload, .operatingSystem, .tunnel,
      .transform, .inner, .unknown:
      false
    case .xtablesMatch(let match):
      [
        "tcp", "udp", "multiport", "conntrack", "state", "addrtype", "comment", "limit", "mark",
        "iprange", "mac", "pkttype", "owner", "icmp", "icmp6", "rpfilter",
      ].contains(match.name)
    case .xtablesTarget(let target):
      ["LOG", "NFLOG", "REJECT", "MARK", "MASQUERADE", "NOTRACK"].contains(target.name)
    }
  }
}
