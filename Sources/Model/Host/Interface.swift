/// A network device's number within its namespace; 0 means none.
package struct InterfaceIndex: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A network device with its addresses.
package struct Interface: Hashable, Sendable {
  package var index: InterfaceIndex
  package var name: String
  /// rtnetlink's kind (`veth`, `bridge`, ...); `nil` for hardware and loopback.
  package var kind: String?
  /// `ARPHRD_*`: 1 Ethernet, 772 loopback, 65534 none.
  package var hardwareType: UInt16
  package var hardwareAddress: [UInt8]
  package var group: UInt32
  package var mtu: UInt32
  /// `IFF_*`: 0x1 up, 0x8 loopback, 0x10 point to point, 0x10000 lower up.
  package var flags: UInt32
  package var hasCarrier: Bool
  /// The bridge, bond or VRF that this device is a port of.
  package var master: InterfaceIndex?
  /// The other end of a veth pair, or the device below (`IFLA_LINK`).
  package var link: InterfaceIndex?
  /// Whether an XDP program is attached.
  package var hasXDP: Bool
  package var addresses: [InterfaceAddress]

  package var isUp: Bool { flags & 0x1 != 0 }
  package var isLoopback: Bool { flags & 0x8 != 0 }

  package init(
    index: InterfaceIndex, name: String, kind: String? = nil, hardwareType: UInt16 = 1,
    hardwareAddress: [UInt8] = [], group: UInt32 = 0, mtu: UInt32 = 1500, flags: UInt32 = 0x1_0001,
    hasCarrier: Bool = true, master: InterfaceIndex? = nil, link: InterfaceIndex? = nil,
    hasXDP: Bool = false, addresses: [InterfaceAddress] = []
  ) {
    self.index = index
    self.name = name
    self.kind = kind
    self.hardwareType = hardwareType
    self.hardwareAddress = hardwareAddress
    self.group = group
    self.mtu = mtu
    self.flags = flags
    self.hasCarrier = hasCarrier
    self.master = master
    self.link = link
    self.hasXDP = hasXDP
    self.addresses = addresses
  }
}

/// An address that a device carries.
package struct InterfaceAddress: Hashable, Sendable {
  package var address: IPAddress
  package var prefixLength: Int
  package var broadcast: IPAddress?
  /// The other end of a point-to-point link.
  package var peer: IPAddress?
  /// `RT_SCOPE_*`: 0 universe, 200 site, 253 link, 254 host.
  package var scope: UInt8
  package var isSecondary: Bool
  /// `IFA_F_TENTATIVE`: not usable yet.
  package var isTentative: Bool
  /// `IFA_F_DADFAILED`: somebody else has it.
  package var isDuplicate: Bool

  package var prefix: Prefix { Prefix(peer ?? address, length: prefixLength) }

  package init(
    address: IPAddress, prefixLength: Int, broadcast: IPAddress? = nil, peer: IPAddress? = nil,
    scope: UInt8 = 0, isSecondary: Bool = false, isTentative: Bool = false,
    isDuplicate: Bool = false
  ) {
    self.address = address
    self.prefixLength = prefixLength
    self.broadcast = broadcast
    self.peer = peer
    self.scope = scope
    self.isSecondary = isSecondary
    self.isTentative = isTentative
    self.isDuplicate = isDuplicate
  }
}
