/// A chain and its rules, in evaluation order.
package struct Chain: Hashable, Sendable {
  package var name: String
  /// Unique within the table.
  package var handle: UInt64
  /// `nil` for a chain that is only jumped to.
  package var base: BaseChain?
  package var rules: [Rule]
  package var comment: String?
  /// `NFTA_CHAIN_FLAGS`: 1 base, 2 hardware offload, 4 bound to a rule (anonymous chain).
  package var flags: UInt32

  package init(
    name: String, handle: UInt64 = 0, base: BaseChain? = nil, rules: [Rule] = [],
    comment: String? = nil, flags: UInt32 = 0
  ) {
    self.name = name
    self.handle = handle
    self.base = base
    self.rules = rules
    self.comment = comment
    self.flags = flags
  }
}

/// What makes a chain a base chain: the hook that calls it.
package struct BaseChain: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case filter
    case nat
    /// Re-routes a local packet whose mark or addresses changed (`type route`).
    case route
    case unknown(String)

    package init(name: String) {
      switch name {
      case "filter": self = .filter
      case "nat": self = .nat
      case "route": self = .route
      default: self = .unknown(name)
      }
    }

    package var name: String {
      switch self {
      case .filter: "filter"
      case .nat: "nat"
      case .route: "route"
      case .unknown(let name): name
      }
    }
  }

  package enum Policy: UInt32, Hashable, Sendable {
    case drop = 0
    case accept = 1
  }

  package var kind: Kind
  package var hook: Hook
  package var priority: Priority
  package var policy: Policy
  /// The devices of an ingress or egress chain; empty elsewhere.
  package var devices: [String]

  package init(
    kind: Kind, hook: Hook, priority: Priority, policy: Policy = .accept, devices: [String] = []
  ) {
    self.kind = kind
    self.hook = hook
    self.priority = priority
    self.policy = policy
    self.devices = devices
  }
}
