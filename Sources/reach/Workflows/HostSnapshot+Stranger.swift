internal import Model

extension HostSnapshot {
  /// An address of the link's network that is not this host's.
  func stranger(on interface: Interface, _ family: IPFamily) -> IPAddress? {
    for own in interface.addresses where own.address.family == family {
      if let peer = own.peer { return peer }
      let prefix = own.prefix
      let room = family.addressBits - prefix.length
      guard room >= 2, !own.address.isLinkLocal || family == .v4 else { continue }
      // From the top of the block, below the broadcast address: far from gateways and hosts.
      for step: UInt128 in 1...4 {
        let candidate = IPAddress(family: family, bits: prefix.last.bits - step)
        let isOwn = interface.addresses.contains { $0.address == candidate }
        if prefix.contains(candidate), !isOwn { return candidate }
      }
    }
    return nil
  }

  /// An address that nobody has: RFC 5737 TEST-NET-1 and RFC 3849.
  static func addressOfNobody(_ family: IPFamily) -> IPAddress {
    family == .v4
      ? IPAddress(v4: 0xc000_0201) : IPAddress(v6: 0x2001_0db8_0000_0000_0000_0000_0000_0001)
  }
}
