/// Drops the packet and answers it.
package struct Reject: Hashable, Sendable {
  /// Raw values are `enum nft_reject_types`.
  package enum Kind: UInt32, Hashable, Sendable {
    /// `code` is the ICMPv4 or ICMPv6 code of the packet's family.
    case icmp = 0
    case tcpReset = 1
    /// `code` is `enum nft_reject_inet_code`: 0 no-route, 1 port, 2 host, 3 admin-prohibited.
    case icmpx = 2
  }

  package var kind: Kind
  package var code: UInt8

  package init(kind: Kind, code: UInt8) {
    self.kind = kind
    self.code = code
  }
}

/// Hands the packet to userspace.
package struct Queue: Hashable, Sendable {
  package var number: UInt16
  package var total: UInt16
  /// `NFT_QUEUE_FLAG_BYPASS` 1, `NFT_QUEUE_FLAG_CPU_FANOUT` 2.
  package var flags: UInt16
  package var source: Register?

  package init(number: UInt16, total: UInt16, flags: UInt16, source: Register? = nil) {
    self.number = number
    self.total = total
    self.flags = flags
    self.source = source
  }

  package var hasBypass: Bool { flags & 1 != 0 }
}

/// `dup`: sends a copy elsewhere.
package struct Duplicate: Hashable, Sendable {
  package var address: Register?
  package var device: Register?

  package init(address: Register?, device: Register?) {
    self.address = address
    self.device = device
  }
}

/// `fwd`: sends the packet out of another device (netdev family).
package struct Forward: Hashable, Sendable {
  package var device: Register?
  package var address: Register?
  package var family: IPFamily?

  package init(device: Register?, address: Register?, family: IPFamily?) {
    self.device = device
    self.address = address
    self.family = family
  }
}
