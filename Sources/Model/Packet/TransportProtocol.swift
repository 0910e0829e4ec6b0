/// An IP protocol number (the last header's, for IPv6).
package struct TransportProtocol: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  package static let icmp = Self(rawValue: 1)
  package static let tcp = Self(rawValue: 6)
  package static let udp = Self(rawValue: 17)
  package static let dccp = Self(rawValue: 33)
  package static let gre = Self(rawValue: 47)
  package static let esp = Self(rawValue: 50)
  package static let ah = Self(rawValue: 51)
  package static let icmpv6 = Self(rawValue: 58)
  package static let sctp = Self(rawValue: 132)
  package static let udplite = Self(rawValue: 136)

  /// The names that nft, /etc/protocols and the contract use.
  package static let names: [(TransportProtocol, String)] = [
    (.icmp, "icmp"), (.tcp, "tcp"), (.udp, "udp"), (.dccp, "dccp"), (.gre, "gre"), (.esp, "esp"),
    (.ah, "ah"), (.icmpv6, "icmpv6"), (.sctp, "sctp"), (.udplite, "udplite"),
  ]

  /// Reads a name or a number.
  package init?(_ text: some StringProtocol) {
    if let known = Self.names.first(where: { $0.1 == text }) {
      self = known.0
    } else if let number = UInt8(text) {
      self.init(rawValue: number)
    } else {
      return nil
    }
  }

  /// Whether the first four bytes of its header are source and destination port.
  package var hasPorts: Bool {
    [.tcp, .udp, .dccp, .sctp, .udplite].contains(self)
  }
}

extension TransportProtocol: CustomStringConvertible {
  package var description: String {
    Self.names.first { $0.0 == self }?.1 ?? String(rawValue)
  }
}
