/// A table of xtables-legacy (ip_tables, ip6_tables): rules beside nf_tables, at hooks of their
/// own.
package struct LegacyTable: Hashable, Sendable {
  package var family: IPFamily
  /// `filter`, `nat`, `mangle`, `raw` or `security`.
  package var name: String
  /// Base chains in the order of their hooks, then the others in the order of the table.
  package var chains: [LegacyChain]

  package init(family: IPFamily, name: String, chains: [LegacyChain] = []) {
    self.family = family
    self.name = name
    self.chains = chains
  }

  package func chain(_ name: String) -> LegacyChain? { chains.first { $0.name == name } }

  /// The number of rules in all chains.
  package var ruleCount: Int { chains.reduce(0) { $0 + $1.rules.count } }

  /// Whether it certainly lets everything pass: no rule in a base chain, and every policy accept.
  package var isHarmless: Bool {
    chains.allSatisfy { $0.hook == nil || ($0.rules.isEmpty && $0.policy == .accept) }
  }

  /// The table as one of the filters besides nf_tables.
  package var asOtherFilter: OtherFilter {
    let count = ruleCount
    let policies = chains.filter { $0.policy == .drop }.map(\.name)
    let words = policies.isEmpty ? "" : ", policy drop in " + policies.joined(separator: ", ")
    return OtherFilter(
      kind: .legacyTable, direction: .both, family: family,
      detail: "\(name) table with \(count) \(count == 1 ? "rule" : "rules")" + words,
      table: name, isHarmless: isHarmless)
  }
}

/// A chain of a legacy table.
package struct LegacyChain: Hashable, Sendable {
  package var name: String
  /// The hook that calls it; `nil` for a chain that is only jumped to.
  package var hook: Hook?
  /// What becomes of packets at the end of a base chain; `nil` otherwise.
  package var policy: BaseChain.Policy?
  package var rules: [LegacyRule]

  package init(
    name: String, hook: Hook? = nil, policy: BaseChain.Policy? = nil, rules: [LegacyRule] = []
  ) {
    self.name = name
    self.hook = hook
    self.policy = policy
    self.rules = rules
  }
}

/// A rule of a legacy table: everything in it must match (`ip_packet_match`,
/// net/ipv4/netfilter/ip_tables.c), then the target is run.
package struct LegacyRule: Hashable, Sendable {
  /// An address and its mask, in network order, 4 or 16 bytes: (packet & mask) == address.
  package struct AddressMatch: Hashable, Sendable {
    package var address: [UInt8]
    package var mask: [UInt8]
    package var isInverted: Bool

    package init(address: [UInt8], mask: [UInt8], isInverted: Bool) {
      self.address = address
      self.mask = mask
      self.isInverted = isInverted
    }
  }

  /// A device by name: a `prefix` or the whole name.
  package struct InterfaceMatch: Hashable, Sendable {
    /// The bytes compared, without the NUL of a whole name.
    package var name: String
    package var isPrefix: Bool
    package var isInverted: Bool

    package init(name: String, isPrefix: Bool, isInverted: Bool) {
      self.name = name
      self.isPrefix = isPrefix
      self.isInverted = isInverted
    }
  }

  package struct ProtocolMatch: Hashable, Sendable {
    /// IP protocol number; in IPv6 that of the last header.
    package var number: UInt16
    package var isInverted: Bool

    package init(number: UInt16, isInverted: Bool) {
      self.number = number
      self.isInverted = isInverted
    }
  }

  package enum Target: Hashable, Sendable {
    /// The standard target: accept, drop, queue, return, jump, goto; `.continue` without target.
    case verdict(Verdict)
    case xtables(XtablesExtension)
  }

  /// `nil` where any will do.
  package var source: AddressMatch?
  package var destination: AddressMatch?
  package var input: InterfaceMatch?
  package var output: InterfaceMatch?
  package var transport: ProtocolMatch?
  /// `-f`: true only second and further fragments, false (inverted) only others; IPv4 only.
  package var fragments: Bool?
  package var matches: [XtablesExtension]
  package var target: Target
  /// A flag or field of the rule's fixed part that this version does not understand.
  package var unknown: String?

  package init(
    source: AddressMatch? = nil, destination: AddressMatch? = nil, input: InterfaceMatch? = nil,
    output: InterfaceMatch? = nil, transport: ProtocolMatch? = nil, fragments: Bool? = nil,
    matches: [XtablesExtension] = [], target: Target, unknown: String? = nil
  ) {
    self.source = source
    self.destination = destination
    self.input = input
    self.output = output
    self.transport = transport
    self.fragments = fragments
    self.matches = matches
    self.target = target
    self.unknown = unknown
  }
}
