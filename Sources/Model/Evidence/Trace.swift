/// What the rulesets and routes of one host would do with one packet: the evaluator's answer.
package struct Trace: Hashable, Sendable {
  package enum Verdict: String, Hashable, Sendable {
    case accept
    case drop
    case reject
    case queue
    case stolen
    case conditional
  }

  package var verdict: Verdict
  /// The answer that a reject sends: `tcp-reset`, `icmp-port-unreachable`, ...
  package var rejection: Rejection?
  package var queue: UInt16?
  package var decidedBy: TraceStep?
  package var delivery: Delivery
  /// Every matched rule and every policy reached, in the kernel's order over all hooks. Of a
  /// conditional trace, those of the likeliest branch.
  package var steps: [TraceStep]
  /// What the verdict hangs on; empty unless it is conditional.
  package var conditions: [Condition]
  /// Empty unless the verdict is conditional; the likeliest comes first.
  package var branches: [Branch]
  /// What was assumed, for people.
  package var assumptions: [String]

  package init(
    verdict: Verdict, rejection: Rejection? = nil, queue: UInt16? = nil,
    decidedBy: TraceStep? = nil, delivery: Delivery, steps: [TraceStep] = [],
    conditions: [Condition] = [], branches: [Branch] = [], assumptions: [String] = []
  ) {
    self.verdict = verdict
    self.rejection = rejection
    self.queue = queue
    self.decidedBy = decidedBy
    self.delivery = delivery
    self.steps = steps
    self.conditions = conditions
    self.branches = branches
    self.assumptions = assumptions
  }

  /// One way in which the undecided may turn out.
  package struct Branch: Hashable, Sendable {
    package var verdict: Verdict
    package var rejection: Rejection?
    /// Sentences such as `limit rate 10/second is exceeded`.
    package var when: [String]
    package var decidedBy: TraceStep?
    package var delivery: Delivery
    package var steps: [TraceStep]

    package init(
      verdict: Verdict, rejection: Rejection? = nil, when: [String], decidedBy: TraceStep?,
      delivery: Delivery, steps: [TraceStep]
    ) {
      self.verdict = verdict
      self.rejection = rejection
      self.when = when
      self.decidedBy = decidedBy
      self.delivery = delivery
      self.steps = steps
    }
  }

  /// The branch that the answer follows when it must choose: the likeliest.
  package var likeliestVerdict: Verdict {
    verdict == .conditional ? branches.first?.verdict ?? .conditional : verdict
  }
}

/// Something that can't be decided from the packet, the ruleset and the host.
package struct Condition: Hashable, Sendable {
  /// What is taken to hold in the likeliest branch, for people: `limit rate 10/second is not
  /// exceeded`.
  package var holds: String
  /// Its negation: `limit rate 10/second is exceeded`.
  package var fails: String
  /// Whether the likeliest branch has `holds`.
  package var isLikely: Bool

  package init(holds: String, fails: String, isLikely: Bool = true) {
    self.holds = holds
    self.fails = fails
    self.isLikely = isLikely
  }
}

/// A matched rule, or a base chain that ended in its policy.
package struct TraceStep: Hashable, Sendable {
  package enum Verdict: String, Hashable, Sendable {
    case `continue`
    case accept
    case drop
    case reject
    case jump
    case goto
    case `return`
    case queue
    case stolen
    case dnat
    case snat
    case masquerade
    case redirect
  }

  package var hook: Hook
  package var family: Family
  package var table: String
  package var chain: String
  /// `nil` for a policy, and for an xtables-legacy rule.
  package var handle: UInt64?
  package var verdict: Verdict
  /// The chain jumped to.
  package var target: String?
  package var isPolicy: Bool
  package var isLegacy: Bool
  /// The kind of the base chain it happened in: a nat chain's accept decides nothing.
  package var chainKind: BaseChain.Kind
  /// The chains jumped through to get here, base chain first, this one last.
  package var path: [String]
  package var rule: Rule?
  /// The rule in iptables syntax, for a legacy rule.
  package var legacyText: String?

  package init(
    hook: Hook, family: Family, table: String, chain: String, handle: UInt64?, verdict: Verdict,
    target: String? = nil, isPolicy: Bool = false, isLegacy: Bool = false,
    chainKind: BaseChain.Kind = .filter, path: [String] = [], rule: Rule? = nil,
    legacyText: String? = nil
  ) {
    self.hook = hook
    self.family = family
    self.table = table
    self.chain = chain
    self.handle = handle
    self.verdict = verdict
    self.target = target
    self.isPolicy = isPolicy
    self.isLegacy = isLegacy
    self.chainKind = chainKind
    self.path = path
    self.rule = rule
    self.legacyText = legacyText
  }
}

/// The answer of a reject, as it is sent.
package enum Rejection: Hashable, Sendable {
  case tcpReset
  /// ICMP destination unreachable (type 3) with this code.
  case icmp(code: UInt8)
  /// ICMPv6 destination unreachable (type 1) with this code.
  case icmpv6(code: UInt8)

  /// nft's words, with the family: `tcp-reset`, `icmp-port-unreachable`, `icmpv6-no-route`.
  package var name: String {
    switch self {
    case .tcpReset: "tcp-reset"
    case .icmp(let code): "icmp-" + (Self.icmpNames[code] ?? "code-\(code)")
    case .icmpv6(let code): "icmpv6-" + (Self.icmpv6Names[code] ?? "code-\(code)")
    }
  }

  private static let icmpNames: [UInt8: String] = [
    0: "net-unreachable", 1: "host-unreachable", 2: "prot-unreachable", 3: "port-unreachable",
    9: "net-prohibited", 10: "host-prohibited", 13: "admin-prohibited",
  ]
  private static let icmpv6Names: [UInt8: String] = [
    0: "no-route", 1: "admin-prohibited", 3: "addr-unreachable", 4: "port-unreachable",
    5: "policy-fail", 6: "reject-route",
  ]
}

/// Where a packet ends up, with its addresses after NAT.
package struct Delivery: Hashable, Sendable {
  package enum Destination: Hashable, Sendable {
    /// To a socket of this host.
    case local
    /// Through this host and out of `interface`.
    case forward
    /// This host's own packet, out of `interface`.
    case out
    /// Nowhere: filtered, or for the reason given.
    case none(Obstacle?)
  }

  /// What keeps a packet that every rule lets pass from being delivered.
  package enum Obstacle: Hashable, Sendable {
    case noRoute
    case blackhole
    case unreachable
    case prohibited
    /// rp_filter discards it.
    case reversePath
    case martianSource
    case martianDestination
    case forwardingDisabled
    /// TTL or hop limit would reach zero.
    case timeToLive
    /// NAT found no address to use.
    case noAddress
    case interfaceDown
    case broadcast
  }

  package var destination: Destination
  package var address: IPAddress?
  package var port: Port?
  package var source: Endpoint?
  package var interface: String?
  /// The next hop; `nil` on link.
  package var gateway: IPAddress?
  /// What the socket is bound to that tproxy gave the packet to, whatever its addresses say.
  package var proxy: Endpoint?

  package init(
    destination: Destination, address: IPAddress? = nil, port: Port? = nil,
    source: Endpoint? = nil, interface: String? = nil, gateway: IPAddress? = nil,
    proxy: Endpoint? = nil
  ) {
    self.destination = destination
    self.address = address
    self.port = port
    self.source = source
    self.interface = interface
    self.gateway = gateway
    self.proxy = proxy
  }
}
