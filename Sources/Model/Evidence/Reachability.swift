/// From where a listening socket can be reached, by its address and by the firewall.
package struct Reachability: Hashable, Sendable {
  /// How far away a packet may come from that gets there, and whose answer gets back.
  package enum Scope: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Not even this host's own packets get through.
    case nobody
    case here
    /// Hosts on a link of this host.
    case local
    /// Hosts beyond the default gateway too.
    case anywhere

    package static func < (a: Scope, b: Scope) -> Bool { a.order < b.order }

    private var order: Int {
      switch self {
      case .nobody: 0
      case .here: 1
      case .local: 2
      case .anywhere: 3
      }
    }
  }

  /// What keeps everybody else away.
  package enum Limit: Hashable, Sendable {
    /// It is bound to a loopback address.
    case address
    /// It is bound to a device (SO_BINDTODEVICE).
    case device(String)
    case firewall(FirewallConclusion)
    /// NAT sends packets for this port elsewhere.
    case translation(Endpoint)
    /// The kernel itself discards the packet, or the answer has no way back: a sentence.
    case obstacle(String)
  }

  package var scope: Scope
  /// Whether it hangs on something undecidable, such as a rate limit.
  package var isConditional: Bool
  /// The devices by which strangers reach it.
  package var interfaces: [String]
  package var limit: Limit?

  package init(
    scope: Scope, isConditional: Bool = false, interfaces: [String] = [], limit: Limit? = nil
  ) {
    self.scope = scope
    self.isConditional = isConditional
    self.interfaces = interfaces
    self.limit = limit
  }
}
