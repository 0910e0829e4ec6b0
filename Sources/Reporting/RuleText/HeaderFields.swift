extension Header {
  /// The fields nft names (src/proto.c of nftables 1.0.6), offsets and widths in bits.
  var fields: [HeaderField] {
    switch self {
    case .ether: HeaderTables.ether
    case .vlan: HeaderTables.vlan
    case .arp: HeaderTables.arp
    case .ip: HeaderTables.ip
    case .ip6: HeaderTables.ip6
    case .icmp: HeaderTables.icmp
    case .icmpv6: HeaderTables.icmpv6
    case .igmp: HeaderTables.igmp
    case .tcp: HeaderTables.tcp
    case .udp: HeaderTables.udp
    case .udplite: HeaderTables.udplite
    case .sctp: HeaderTables.sctp
    case .dccp: HeaderTables.dccp
    case .ah: HeaderTables.ah
    case .esp: HeaderTables.esp
    case .comp: HeaderTables.comp
    case .th: HeaderTables.anyTransport
    }
  }
}

/// The tables behind `Header.fields`.
private enum HeaderTables {
  typealias Row = (name: String, offset: Int, bits: Int, type: DataType)

  private static func make(_ header: Header, _ rows: [Row]) -> [HeaderField] {
    rows.map {
      HeaderField(header: header, name: $0.name, offset: $0.offset, bits: $0.bits, type: $0.type)
    }
  }

  private static func integer(_ bits: Int) -> DataType { .integer(bits: bits) }

  static let ether = make(
    .ether,
    [
      ("daddr", 0, 48, .ethernet), ("saddr", 48, 48, .ethernet), ("type", 96, 16, .etherType),
    ])

  static let vlan = make(
    .vlan,
    [
      ("pcp", 112, 3, integer(3)), ("dei", 115, 1, integer(1)), ("id", 116, 12, integer(12)),
      ("type", 128, 16, .etherType),
    ])

  static let arp = make(
    .arp,
    [
      ("htype", 0, 16, integer(16)), ("ptype", 16, 16, .etherType), ("hlen", 32, 8, integer(8)),
      ("plen", 40, 8, integer(8)), ("operation", 48, 16, .arpOperation),
      ("saddr ether", 64, 48, .ethernet), ("saddr ip", 112, 32, .ipv4),
      ("daddr ether", 144, 48, .ethernet), ("daddr ip", 192, 32, .ipv4),
    ])

  static let ip = make(
    .ip,
    [
      ("version", 0, 4, integer(4)), ("hdrlength", 4, 4, integer(4)), ("dscp", 8, 6, .dscp),
      ("ecn", 14, 2, .ecn), ("length", 16, 16, integer(16)), ("id", 32, 16, integer(16)),
      ("frag-off", 48, 16, hexadecimal(16)), ("ttl", 64, 8, integer(8)),
      ("protocol", 72, 8, .transportProtocol), ("checksum", 80, 16, integer(16)),
      ("saddr", 96, 32, .ipv4), ("daddr", 128, 32, .ipv4),
    ])

  static let ip6 = make(
    .ip6,
    [
      ("version", 0, 4, integer(4)), ("dscp", 4, 6, .dscp), ("ecn", 10, 2, .ecn),
      ("flowlabel", 12, 20, integer(20)), ("length", 32, 16, integer(16)),
      ("nexthdr", 48, 8, .transportProtocol), ("hoplimit", 56, 8, integer(8)),
      ("saddr", 64, 128, .ipv6), ("daddr", 192, 128, .ipv6),
    ])

  static let icmp = make(
    .icmp,
    [
      ("type", 0, 8, .icmpType), ("code", 8, 8, .icmpCode), ("checksum", 16, 16, integer(16)),
      ("id", 32, 16, integer(16)), ("sequence", 48, 16, integer(16)), ("mtu", 48, 16, integer(16)),
      ("gateway", 32, 32, integer(32)),
    ])

  static let icmpv6 = make(
    .icmpv6,
    [
      ("type", 0, 8, .icmpv6Type), ("code", 8, 8, .icmpv6Code), ("checksum", 16, 16, integer(16)),
      ("id", 32, 16, integer(16)), ("sequence", 48, 16, integer(16)), ("mtu", 32, 32, integer(32)),
      ("parameter-problem", 32, 32, integer(32)), ("max-delay", 32, 16, integer(16)),
    ])

  static let igmp = make(
    .igmp,
    [
      ("type", 0, 8, .igmpType), ("mrt", 8, 8, integer(8)), ("checksum", 16, 16, integer(16)),
      ("group", 32, 32, .ipv4),
    ])

  static let tcp = make(
    .tcp,
    [
      ("sport", 0, 16, .service), ("dport", 16, 16, .service), ("sequence", 32, 32, integer(32)),
      ("ackseq", 64, 32, integer(32)), ("doff", 96, 4, integer(4)),
      ("reserved", 100, 4, integer(4)), ("flags", 104, 8, .tcpFlags),
      ("window", 112, 16, integer(16)), ("checksum", 128, 16, integer(16)),
      ("urgptr", 144, 16, integer(16)),
    ])

  static let udp = make(
    .udp,
    [
      ("sport", 0, 16, .service), ("dport", 16, 16, .service), ("length", 32, 16, integer(16)),
      ("checksum", 48, 16, integer(16)),
    ])

  static let udplite = make(
    .udplite,
    [
      ("sport", 0, 16, .service), ("dport", 16, 16, .service), ("csumcov", 32, 16, integer(16)),
      ("checksum", 48, 16, integer(16)),
    ])

  static let sctp = make(
    .sctp,
    [
      ("sport", 0, 16, .service), ("dport", 16, 16, .service), ("vtag", 32, 32, hexadecimal(32)),
      ("checksum", 64, 32, hexadecimal(32)),
    ])

  static let dccp = make(
    .dccp,
    [
      ("sport", 0, 16, .service), ("dport", 16, 16, .service), ("type", 67, 4, .dccpType),
    ])

  static let ah = make(
    .ah,
    [
      ("nexthdr", 0, 8, .transportProtocol), ("hdrlength", 8, 8, integer(8)),
      ("reserved", 16, 16, integer(16)), ("spi", 32, 32, integer(32)),
      ("sequence", 64, 32, integer(32)),
    ])

  static let esp = make(
    .esp, [("spi", 0, 32, integer(32)), ("sequence", 32, 32, integer(32))])

  static let comp = make(
    .comp,
    [
      ("nexthdr", 0, 8, .transportProtocol), ("flags", 8, 8, hexadecimal(8)),
      ("cpi", 16, 16, integer(16)),
    ])

  static let anyTransport = make(
    .th, [("sport", 0, 16, .service), ("dport", 16, 16, .service)])

  private static func hexadecimal(_ bits: Int) -> DataType { .raw(bits: bits) }
}
