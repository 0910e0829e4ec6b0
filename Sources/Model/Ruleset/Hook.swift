/// A place in a packet's way where base chains are called.
package enum Hook: Hashable, Sendable, CaseIterable {
  case ingress
  case prerouting
  case input
  case forward
  case output
  case postrouting
  case egress

  /// The hook's number within a family, as in `NFTA_HOOK_HOOKNUM`; `nil` where the family has no
  /// such hook. Sources: `enum nf_inet_hooks`, `nf_dev_hooks`, include/uapi/linux/netfilter.h, and
  /// netfilter_arp.h.
  package func number(in family: Family) -> UInt32? {
    switch (family, self) {
    case (.netdev, .ingress): 0
    case (.netdev, .egress): 1
    case (.netdev, _): nil
    case (.arp, .input): 0
    case (.arp, .output): 1
    case (.arp, .forward): 2
    case (.arp, _): nil
    case (.inet, .ingress): 5
    case (_, .ingress), (_, .egress): nil
    case (_, .prerouting): 0
    case (_, .input): 1
    case (_, .forward): 2
    case (_, .output): 3
    case (_, .postrouting): 4
    }
  }

  /// The hook with a number in a family, or `nil` if this version knows none.
  package init?(number: UInt32, family: Family) {
    guard let hook = Self.allCases.first(where: { $0.number(in: family) == number }) else {
      return nil
    }
    self = hook
  }

  /// nft's word for the hook.
  package var name: String {
    switch self {
    case .ingress: "ingress"
    case .prerouting: "prerouting"
    case .input: "input"
    case .forward: "forward"
    case .output: "output"
    case .postrouting: "postrouting"
    case .egress: "egress"
    }
  }
}

/// A base chain's place among those of its hook: lower runs first.
package struct Priority: RawRepresentable, Hashable, Sendable, Comparable {
  package let rawValue: Int32

  package init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  package static let defragmentation = Self(rawValue: -400)
  package static let raw = Self(rawValue: -300)
  package static let conntrack = Self(rawValue: -200)
  package static let mangle = Self(rawValue: -150)
  package static let destinationNAT = Self(rawValue: -100)
  package static let filter = Self(rawValue: 0)
  package static let security = Self(rawValue: 50)
  package static let sourceNAT = Self(rawValue: 100)
  package static let confirm = Self(rawValue: .max)

  package static func < (a: Priority, b: Priority) -> Bool { a.rawValue < b.rawValue }
}
