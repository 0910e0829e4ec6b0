/// An ipset: a set of xtables, which rules know by its index in the kernel.
package struct IPSet: Hashable, Sendable {
  package var index: UInt16
  package var name: String
  /// The method and the parts of an element: `hash:ip,port`.
  package var type: String
  /// `nil` if elements have no addresses.
  package var family: IPFamily?

  package init(index: UInt16, name: String, type: String, family: IPFamily?) {
    self.index = index
    self.name = name
    self.type = type
    self.family = family
  }

  /// What an element is made of, in order: `ip`, `net`, `port`, `iface`, `mark`, `mac`, `set`.
  package var parts: [String] {
    guard let colon = type.firstIndex(of: ":") else { return [] }
    return type[type.index(after: colon)...].split(separator: ",").map(String.init)
  }
}

/// What is looked for in an ipset: those parts of a packet that its type asks for.
package struct IPSetKey: Hashable, Sendable {
  /// The first and the second address.
  package var addresses: [IPAddress]
  /// With the protocol that it is a port of.
  package var port: UInt16?
  /// IP protocol number.
  package var transport: UInt8?
  package var interface: String?
  package var mark: UInt32?

  package init(
    addresses: [IPAddress] = [], port: UInt16? = nil, transport: UInt8? = nil,
    interface: String? = nil, mark: UInt32? = nil
  ) {
    self.addresses = addresses
    self.port = port
    self.transport = transport
    self.interface = interface
    self.mark = mark
  }
}

/// Answers for ipsets, which no dump of the ruleset holds.
package protocol IPSetSource {
  /// The set with an index, `nil` if it can't be told.
  func set(_ index: UInt16) -> IPSet?

  /// Whether a set contains a packet's key now, `nil` if it can't be told.
  func contains(_ key: IPSetKey, in set: IPSet) -> Bool?
}
