/// Flags of nat, masq and redir (`NF_NAT_RANGE_*`, include/uapi/linux/netfilter/nf_nat.h).
package struct NATFlags: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let mapAddresses = Self(rawValue: 0x1)
  package static let protoSpecified = Self(rawValue: 0x2)
  package static let random = Self(rawValue: 0x4)
  package static let persistent = Self(rawValue: 0x8)
  package static let fullyRandom = Self(rawValue: 0x10)
  package static let offset = Self(rawValue: 0x20)
  package static let netmap = Self(rawValue: 0x40)
}

/// `snat` or `dnat`. Registers hold addresses in network order, and ports in their first two bytes.
package struct NAT: Hashable, Sendable {
  package var isDestination: Bool
  /// `nil` (`NFPROTO_INET`) for packets of either family: only ports are translated then.
  package var family: IPFamily?
  package var addressMin: Register?
  package var addressMax: Register?
  package var portMin: Register?
  package var portMax: Register?
  package var flags: NATFlags

  package init(
    isDestination: Bool, family: IPFamily?, addressMin: Register? = nil,
    addressMax: Register? = nil, portMin: Register? = nil, portMax: Register? = nil,
    flags: NATFlags = []
  ) {
    self.isDestination = isDestination
    self.family = family
    self.addressMin = addressMin
    self.addressMax = addressMax
    self.portMin = portMin
    self.portMax = portMax
    self.flags = flags
  }
}

/// `masquerade`: snat to the outgoing device's address.
package struct Masquerade: Hashable, Sendable {
  package var portMin: Register?
  package var portMax: Register?
  package var flags: NATFlags

  package init(portMin: Register? = nil, portMax: Register? = nil, flags: NATFlags = []) {
    self.portMin = portMin
    self.portMax = portMax
    self.flags = flags
  }
}

/// `redirect`: dnat to this host.
package struct Redirect: Hashable, Sendable {
  package var portMin: Register?
  package var portMax: Register?
  package var flags: NATFlags

  package init(portMin: Register? = nil, portMax: Register? = nil, flags: NATFlags = []) {
    self.portMin = portMin
    self.portMax = portMax
    self.flags = flags
  }
}

/// `tproxy`: hands the packet to a transparent socket.
package struct TransparentProxy: Hashable, Sendable {
  /// `nil` takes the packet's family.
  package var family: IPFamily?
  package var address: Register?
  package var port: Register?

  package init(family: IPFamily?, address: Register?, port: Register?) {
    self.family = family
    self.address = address
    self.port = port
  }
}

/// `synproxy`: answers SYNs itself.
package struct SynProxy: Hashable, Sendable {
  package var mss: UInt16
  package var windowScale: UInt8
  package var flags: UInt32

  package init(mss: UInt16, windowScale: UInt8, flags: UInt32) {
    self.mss = mss
    self.windowScale = windowScale
    self.flags = flags
  }
}
