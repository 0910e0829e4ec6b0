internal import Model

/// What conntrack says of a packet that belongs to no connection yet.
enum FirstPacket {
  /// `new`, `invalid` where no connection can begin with it, or `untracked` where conntrack leaves
  /// it alone.
  ///
  /// - Parameters:
  ///   - bytes: the transport header and what follows, as far as it is known.
  ///   - family: of the network header.
  static func classification(
    _ bytes: [UInt8], transport: UInt8, family: IPFamily
  ) -> ConntrackState {
    switch TransportProtocol(rawValue: transport) {
    case .tcp: tcp(bytes)
    case .udp: udp(bytes)
    case .icmp where family == .v4: icmp(bytes)
    case .icmpv6 where family == .v6: icmpv6(bytes)
    case .sctp: sctp(bytes)
    // As seen: a kernel calls every first one invalid, whatever its checksum.
    case .udplite: .invalid
    default: .new
    }
  }

  /// Whether the checksum is right, where the protocol has one and the packet carries it.
  ///
  /// - Parameter addresses: source and destination, which most checksums cover too.
  static func isSound(
    _ bytes: [UInt8], transport: UInt8, family: IPFamily, addresses: ArraySlice<UInt8>
  ) -> Bool {
    let pseudo = sum(addresses) + UInt32(transport) + UInt32(truncatingIfNeeded: bytes.count)
    switch TransportProtocol(rawValue: transport) {
    case .tcp: return bytes.count < 20 || fold(pseudo + sum(bytes[...])) == 0xffff
    case .udp:
      let isSummed = bytes.count >= 8 && (bytes[6] != 0 || bytes[7] != 0)
      return !isSummed || fold(pseudo + sum(bytes[...])) == 0xffff
    case .icmp where family == .v4: return bytes.count < 8 || fold(sum(bytes[...])) == 0xffff
    case .icmpv6 where family == .v6:
      return bytes.count < 8 || fold(pseudo + sum(bytes[...])) == 0xffff
    case .sctp: return bytes.count <= 12 || isCastagnoliSound(bytes)
    default: return true
    }
  }

  private static func sum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var total: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
      total += index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte)
    }
    return total
  }

  private static func fold(_ total: UInt32) -> UInt32 {
    var total = total
    while total >> 16 != 0 { total = total & 0xffff + total >> 16 }
    return total
  }

  /// CRC32c over the packet with zeros in the place of the checksum (RFC 3309).
  private static func isCastagnoliSound(_ bytes: [UInt8]) -> Bool {
    var crc: UInt32 = 0xffff_ffff
    for (index, byte) in bytes.enumerated() {
      crc ^= (8..<12).contains(index) ? 0 : UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1 }
    }
    return (0..<4).allSatisfy { bytes[8 + $0] == UInt8(truncatingIfNeeded: ~crc >> UInt32($0 * 8)) }
  }

  /// `do_basic_checks` in net/netfilter/nf_conntrack_proto_sctp.c: there must be a chunk, and one
  /// that begins an association or ends one stands alone.
  private static func sctp(_ bytes: [UInt8]) -> ConntrackState {
    guard bytes.count >= 12 else { return .invalid }
    // Nobody asks about a header alone: the chunk was not spelled out.
    guard bytes.count > 12 else { return .new }
    var (offset, count) = (12, 0)
    while offset + 4 <= bytes.count {
      let length = Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
      let standsAlone: [UInt8] = [1, 2, 14]
      guard length > 0, count == 0 || !standsAlone.contains(bytes[12]),
        count == 0 || ![10, 11].contains(bytes[offset]) && !standsAlone.contains(bytes[offset])
      else { return .invalid }
      offset += (length + 3) & ~3
      count += 1
    }
    return count > 0 ? .new : .invalid
  }

  /// `tcp_error` (lengths and flags that are never seen together) and the first column of
  /// `tcp_conntracks` in net/netfilter/nf_conntrack_proto_tcp.c: a connection begins with a SYN, or
  /// is picked up with an ACK (nf_conntrack_tcp_loose).
  private static func tcp(_ bytes: [UInt8]) -> ConntrackState {
    guard bytes.count >= 20 else { return .invalid }
    let headerLength = Int(bytes[12] >> 4) * 4
    guard headerLength >= 20, headerLength <= bytes.count else { return .invalid }
    // Without PSH, ECE and CWR.
    let flags = TCPFlags(rawValue: bytes[13] & 0x37)
    let firsts: [TCPFlags] = [.syn, [.syn, .urg], .ack, [.ack, .urg]]
    return firsts.contains(flags) ? .new : .invalid
  }

  /// `udp_error` in net/netfilter/nf_conntrack_proto_udp.c.
  private static func udp(_ bytes: [UInt8]) -> ConntrackState {
    guard bytes.count >= 8 else { return .invalid }
    let length = Int(bytes[4]) << 8 | Int(bytes[5])
    return length >= 8 && length <= bytes.count ? .new : .invalid
  }

  /// Echo, timestamp, information and address requests (`nf_conntrack_icmp_packet` in
  /// net/netfilter/nf_conntrack_proto_icmp.c); an error without a connection is invalid.
  private static func icmp(_ bytes: [UInt8]) -> ConntrackState {
    guard bytes.count >= 8 else { return .invalid }
    return [8, 13, 15, 17].contains(bytes[0]) ? .new : .invalid
  }

  /// Echo and node information requests; neighbour discovery and multicast listeners are left alone
  /// (`noct_valid_new` in net/netfilter/nf_conntrack_proto_icmpv6.c, which has no redirects).
  private static func icmpv6(_ bytes: [UInt8]) -> ConntrackState {
    guard bytes.count >= 8 else { return .invalid }
    switch bytes[0] {
    case 128, 139: return .new
    case 130...136, 143: return .untracked
    default: return .invalid
    }
  }
}
