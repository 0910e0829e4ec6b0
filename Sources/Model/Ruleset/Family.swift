/// The family of a table or of a hook call. Raw values are the kernel's `NFPROTO_*`.
package struct Family: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  package static let unspecified = Self(rawValue: 0)
  package static let inet = Self(rawValue: 1)
  package static let ip = Self(rawValue: 2)
  package static let arp = Self(rawValue: 3)
  package static let netdev = Self(rawValue: 5)
  package static let bridge = Self(rawValue: 7)
  package static let ip6 = Self(rawValue: 10)

  /// nft's word for the family: `inet`, `ip`, `ip6`, `arp`, `bridge`, `netdev`.
  package var name: String {
    switch self {
    case .inet: "inet"
    case .ip: "ip"
    case .arp: "arp"
    case .netdev: "netdev"
    case .bridge: "bridge"
    case .ip6: "ip6"
    default: "family-\(rawValue)"
    }
  }

  /// Whether chains of this family see packets of `family` at the IP hooks.
  package func covers(_ family: IPFamily) -> Bool {
    switch self {
    case .inet: true
    case .ip: family == .v4
    case .ip6: family == .v6
    default: false
    }
  }
}
