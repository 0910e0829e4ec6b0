internal import Model

/// A named field of an extension header, option or chunk.
struct ExtensionField: Sendable {
  var text: String
  var type: DataType
  /// Bits below the field within the loaded bytes.
  var shift: Int
}

/// Names of extension headers, options and chunks with their fields (src/exthdr.c, tcpopt.c,
/// ipopt.c and sctp_chunk.c of nftables 1.0.6). Offsets and widths in bits, from the option's
/// start.
enum ExtensionFields {
  typealias Row = (name: String, offset: Int, bits: Int, type: DataType)
  struct Entry: Sendable {
    var type: UInt8
    var name: String
    var rows: [Row]
  }

  private static func integer(_ bits: Int) -> DataType { .integer(bits: bits) }

  static let ipv6: [Entry] = [
    Entry(
      type: 0, name: "hbh",
      rows: [("nexthdr", 0, 8, .transportProtocol), ("hdrlength", 8, 8, integer(8))]),
    Entry(
      type: 43, name: "rt",
      rows: [
        ("nexthdr", 0, 8, .transportProtocol), ("hdrlength", 8, 8, integer(8)),
        ("type", 16, 8, integer(8)), ("seg-left", 24, 8, integer(8)),
      ]),
    Entry(
      type: 43, name: "srh",
      rows: [
        ("last-entry", 32, 8, integer(8)), ("flags", 40, 8, integer(8)),
        ("tag", 48, 16, integer(16)),
      ]),
    Entry(
      type: 43, name: "rt0",
      rows: [
        ("addr[1]", 64, 128, .ipv6), ("addr[2]", 192, 128, .ipv6), ("addr[3]", 320, 128, .ipv6),
      ]),
    Entry(
      type: 44, name: "frag",
      rows: [
        ("nexthdr", 0, 8, .transportProtocol), ("reserved", 8, 8, integer(8)),
        ("frag-off", 16, 13, integer(13)), ("reserved2", 29, 2, integer(2)),
        ("more-fragments", 31, 1, integer(1)), ("id", 32, 32, integer(32)),
      ]),
    Entry(
      type: 60, name: "dst",
      rows: [("nexthdr", 0, 8, .transportProtocol), ("hdrlength", 8, 8, integer(8))]),
    Entry(
      type: 135, name: "mh",
      rows: [
        ("nexthdr", 0, 8, .transportProtocol), ("hdrlength", 8, 8, integer(8)),
        ("type", 16, 8, .mobilityType), ("reserved", 24, 8, integer(8)),
        ("checksum", 32, 16, integer(16)),
      ]),
  ]

  static let tcpOptions: [Entry] = [
    Entry(type: 0, name: "eol", rows: []),
    Entry(type: 1, name: "nop", rows: []),
    Entry(
      type: 2, name: "maxseg", rows: [("length", 8, 8, integer(8)), ("size", 16, 16, integer(16))]),
    Entry(
      type: 3, name: "window", rows: [("length", 8, 8, integer(8)), ("count", 16, 8, integer(8))]),
    Entry(type: 4, name: "sack-perm", rows: [("length", 8, 8, integer(8))]),
    Entry(
      type: 5, name: "sack",
      rows: [
        ("length", 8, 8, integer(8)), ("left", 16, 32, integer(32)), ("right", 48, 32, integer(32)),
      ]),
    Entry(
      type: 5, name: "sack1",
      rows: [("left", 80, 32, integer(32)), ("right", 112, 32, integer(32))]),
    Entry(
      type: 5, name: "sack2",
      rows: [("left", 144, 32, integer(32)), ("right", 176, 32, integer(32))]),
    Entry(
      type: 5, name: "sack3",
      rows: [("left", 208, 32, integer(32)), ("right", 240, 32, integer(32))]),
    Entry(
      type: 8, name: "timestamp",
      rows: [
        ("length", 8, 8, integer(8)), ("tsval", 16, 32, integer(32)),
        ("tsecr", 48, 32, integer(32)),
      ]),
    Entry(
      type: 30, name: "mptcp",
      rows: [("length", 8, 8, integer(8)), ("subtype", 16, 4, integer(4))]),
    Entry(type: 34, name: "fastopen", rows: [("length", 8, 8, integer(8))]),
    Entry(type: 19, name: "md5sig", rows: [("length", 8, 8, integer(8))]),
  ]

  static let ipv4Options: [Entry] = [
    Entry(
      type: 131, name: "lsrr",
      rows: [
        ("type", 0, 8, integer(8)), ("length", 8, 8, integer(8)), ("ptr", 16, 8, integer(8)),
        ("addr", 24, 32, .ipv4),
      ]),
    Entry(
      type: 7, name: "rr",
      rows: [
        ("type", 0, 8, integer(8)), ("length", 8, 8, integer(8)), ("ptr", 16, 8, integer(8)),
        ("addr", 24, 32, .ipv4),
      ]),
    Entry(
      type: 137, name: "ssrr",
      rows: [
        ("type", 0, 8, integer(8)), ("length", 8, 8, integer(8)), ("ptr", 16, 8, integer(8)),
        ("addr", 24, 32, .ipv4),
      ]),
    Entry(
      type: 148, name: "ra",
      rows: [
        ("type", 0, 8, integer(8)), ("length", 8, 8, integer(8)), ("value", 16, 16, integer(16)),
      ]),
  ]

  static let chunkNames: [Symbol] =
    Symbol.counting([
      "data", "init", "init-ack", "sack", "heartbeat", "heartbeat-ack", "abort", "shutdown",
      "shutdown-ack", "error", "cookie-echo", "cookie-ack", "ecne", "cwr", "shutdown-complete",
    ]) + [Symbol(128, "asconf-ack"), Symbol(192, "forward-tsn"), Symbol(193, "asconf")]

  private static let chunkHeader: [Row] = [
    ("type", 0, 8, integer(8)), ("flags", 8, 8, integer(8)), ("length", 16, 16, integer(16)),
  ]
  private static let initRows: [Row] = [
    ("init-tag", 32, 32, integer(32)), ("a-rwnd", 64, 32, integer(32)),
    ("num-outbound-streams", 96, 16, integer(16)), ("num-inbound-streams", 112, 16, integer(16)),
    ("initial-tsn", 128, 32, integer(32)),
  ]
  private static let tsnRows: [Row] = [("cum-tsn-ack", 32, 32, integer(32))]

  private static func chunkRows(_ type: UInt8) -> [Row] {
    switch type {
    case 0:
      [
        ("tsn", 32, 32, integer(32)), ("stream", 64, 16, integer(16)), ("ssn", 80, 16, integer(16)),
        ("ppid", 96, 32, integer(32)),
      ]
    case 1, 2: initRows
    case 3:
      tsnRows + [
        ("a-rwnd", 64, 32, integer(32)), ("num-gap-ack-blocks", 96, 16, integer(16)),
        ("num-dup-tsns", 112, 16, integer(16)),
      ]
    case 7: tsnRows
    case 12, 13: [("lowest-tsn", 32, 32, integer(32))]
    case 128, 193: [("seqno", 32, 32, integer(32))]
    case 192: [("new-cum-tsn", 32, 32, integer(32))]
    default: []
    }
  }

  private static func entries(_ header: ExtensionHeader) -> [Entry] {
    switch header.kind {
    case .ipv6: return ipv6.filter { $0.type == header.type }
    case .tcpOption: return tcpOptions.filter { $0.type == header.type }
    case .ipv4Option: return ipv4Options.filter { $0.type == header.type }
    case .sctpChunk:
      guard let name = Symbols.name(header.type, in: chunkNames) else { return [] }
      return [
        Entry(type: header.type, name: name, rows: chunkHeader + chunkRows(header.type))
      ]
    case .dccpOption: return []
    }
  }

  private static func prefix(_ kind: ExtensionHeader.Kind) -> String {
    switch kind {
    case .ipv6: ""
    case .tcpOption: "tcp option "
    case .ipv4Option: "ip option "
    case .sctpChunk: "sctp chunk "
    case .dccpOption: "dccp option "
    }
  }

  /// The header, option or chunk by name or number, as for `exists` and `reset`.
  static func name(_ header: ExtensionHeader) -> String {
    let name = entries(header).first?.name ?? String(header.type)
    return (header.kind == .ipv6 ? "exthdr " : prefix(header.kind)) + name
  }

  /// The field of these bits within the loaded bytes; `nil` when nft has no name for it.
  ///
  /// - Parameter bits: from the first loaded bit; `nil` for all of them.
  static func field(_ header: ExtensionHeader, bits: (offset: Int, count: Int)?) -> ExtensionField?
  {
    let offset = header.offset * 8 + (bits?.offset ?? 0)
    let count = bits?.count ?? header.length * 8
    let shift = bits.map { header.length * 8 - $0.offset - $0.count } ?? 0
    for entry in entries(header) {
      for row in entry.rows where row.offset == offset && row.bits == count {
        return ExtensionField(
          text: prefix(header.kind) + entry.name + " " + row.name, type: row.type, shift: shift)
      }
    }
    if header.kind == .tcpOption {
      return ExtensionField(
        text: "tcp option @\(header.type),\(offset),\(count)", type: .raw(bits: count),
        shift: shift)
    }
    return nil
  }

  /// What nft adds in front.
  static func needs(_ header: ExtensionHeader) -> [Need] {
    switch header.kind {
    case .ipv6: [.network(0x86dd, byLink: true)]
    case .ipv4Option: [.network(0x0800, byLink: true)]
    case .tcpOption, .sctpChunk, .dccpOption: []
    }
  }
}
