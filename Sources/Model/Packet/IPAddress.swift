/// An IPv4 or IPv6 address, without scope.
package struct IPAddress: Hashable, Sendable {
  package let family: IPFamily
  /// The address as a number; an IPv4 address occupies the low 32 bits.
  package let bits: UInt128

  package init(v4 bits: UInt32) {
    family = .v4
    self.bits = UInt128(bits)
  }

  package init(v6 bits: UInt128) {
    family = .v6
    self.bits = bits
  }

  package init(family: IPFamily, bits: UInt128) {
    self.family = family
    self.bits = family == .v4 ? bits & 0xffff_ffff : bits
  }

  /// Makes an address from 4 or 16 bytes in network order; any other count gives `nil`.
  package init?(bytes: some Collection<UInt8>) {
    switch bytes.count {
    case 4: family = .v4
    case 16: family = .v6
    default: return nil
    }
    bits = bytes.reduce(0) { $0 << 8 | UInt128($1) }
  }

  /// The address in network byte order: 4 bytes or 16.
  package var bytes: [UInt8] {
    (0..<family.addressLength).reversed().map { UInt8(truncatingIfNeeded: bits >> UInt128($0 * 8)) }
  }

  package static let anyV4 = IPAddress(v4: 0)
  package static let anyV6 = IPAddress(v6: 0)
  package static let loopbackV4 = IPAddress(v4: 0x7f00_0001)
  package static let loopbackV6 = IPAddress(v6: 1)

  /// The wildcard address: 0.0.0.0 or ::.
  package var isUnspecified: Bool { bits == 0 }

  /// 127.0.0.0/8 or ::1.
  package var isLoopback: Bool {
    family == .v4 ? bits >> 24 == 127 : bits == 1
  }

  /// 224.0.0.0/4 or ff00::/8.
  package var isMulticast: Bool {
    family == .v4 ? bits >> 28 == 0xe : bits >> 120 == 0xff
  }

  /// 169.254.0.0/16 or fe80::/10.
  package var isLinkLocal: Bool {
    family == .v4 ? bits >> 16 == 0xa9fe : bits >> 118 == 0x3fa
  }

  /// The IPv4 address inside ::ffff:0:0/96 as 32-bit address; `nil` for anything else.
  package var mappedV4: IPAddress? {
    guard family == .v6, bits >> 32 == 0xffff else { return nil }
    return IPAddress(v4: UInt32(truncatingIfNeeded: bits))
  }
}

/// The two internet protocols.
package enum IPFamily: UInt8, Hashable, Sendable, CaseIterable {
  /// The corresponding kernel constant is `AF_INET` (and `NFPROTO_IPV4`).
  case v4 = 2
  /// The corresponding kernel constant is `AF_INET6` (and `NFPROTO_IPV6`).
  case v6 = 10

  /// Bytes in an address.
  package var addressLength: Int { self == .v4 ? 4 : 16 }
  /// Bits in an address.
  package var addressBits: Int { addressLength * 8 }
  /// The EtherType of a packet of this family.
  package var etherType: UInt16 { self == .v4 ? 0x0800 : 0x86dd }
}

extension IPAddress: Comparable {
  /// IPv4 before IPv6, then by number.
  package static func < (a: IPAddress, b: IPAddress) -> Bool {
    a.family == b.family ? a.bits < b.bits : a.family == .v4
  }
}
