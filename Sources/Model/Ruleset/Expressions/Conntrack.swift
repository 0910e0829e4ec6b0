/// A key of the `ct` expression. Raw values are `enum nft_ct_keys`.
package struct ConntrackKey: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let state = Self(rawValue: 0)
  package static let direction = Self(rawValue: 1)
  package static let status = Self(rawValue: 2)
  package static let mark = Self(rawValue: 3)
  package static let securityMark = Self(rawValue: 4)
  package static let expiration = Self(rawValue: 5)
  package static let helper = Self(rawValue: 6)
  package static let networkProtocol = Self(rawValue: 7)
  /// Source address of the table's family, in an `ip` or `ip6` table.
  package static let source = Self(rawValue: 8)
  package static let destination = Self(rawValue: 9)
  package static let transportProtocol = Self(rawValue: 10)
  package static let sourcePort = Self(rawValue: 11)
  package static let destinationPort = Self(rawValue: 12)
  package static let labels = Self(rawValue: 13)
  package static let packets = Self(rawValue: 14)
  package static let bytes = Self(rawValue: 15)
  package static let averagePacket = Self(rawValue: 16)
  package static let zone = Self(rawValue: 17)
  package static let eventMask = Self(rawValue: 18)
  package static let sourceV4 = Self(rawValue: 19)
  package static let destinationV4 = Self(rawValue: 20)
  package static let sourceV6 = Self(rawValue: 21)
  package static let destinationV6 = Self(rawValue: 22)
  package static let id = Self(rawValue: 23)
}

/// Loads a property of the packet's connection.
package struct Conntrack: Hashable, Sendable {
  package var destination: Register
  package var key: ConntrackKey
  /// Which tuple or counter; `nil` where the key has no direction.
  package var direction: ConntrackDirection?

  package init(destination: Register, key: ConntrackKey, direction: ConntrackDirection? = nil) {
    self.destination = destination
    self.key = key
    self.direction = direction
  }
}

/// Writes a property of the packet's connection.
package struct ConntrackWrite: Hashable, Sendable {
  package var source: Register
  package var key: ConntrackKey
  package var direction: ConntrackDirection?

  package init(source: Register, key: ConntrackKey, direction: ConntrackDirection? = nil) {
    self.source = source
    self.key = key
    self.direction = direction
  }
}
