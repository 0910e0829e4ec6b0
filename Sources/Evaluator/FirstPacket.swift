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
    default: .new
    }
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
