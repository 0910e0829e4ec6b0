internal import Model

/// A connection as `IPCTNL_MSG_CT_NEW` takes it, for a packet that is to belong to one that is
/// known, answered and assured.
enum ConntrackEntry {
  /// The netlink message, without its first sixteen bytes.
  static func attributes(for query: PacketQuery) -> [UInt8] {
    let isReply = query.conntrackDirection == .reply
    let (from, to) = isReply ? (query.destination, query.source) : (query.source, query.destination)
    // CTA_TUPLE_ORIG and CTA_TUPLE_REPLY (include/uapi/linux/netfilter/nfnetlink_conntrack.h).
    var bytes: [UInt8] = [query.source.address.family.rawValue, 0, 0, 0]
    bytes += nested(1, tuple(from, to, query, isAnswer: false))
    bytes += nested(2, tuple(to, from, query, isAnswer: true))
    // CTA_STATUS: IPS_SEEN_REPLY, IPS_ASSURED, IPS_CONFIRMED.
    bytes += attribute(3, [0, 0, 0, 2 | 4 | 8])
    // CTA_PROTOINFO_TCP: established, and liberal about windows both ways.
    if query.transport == .tcp {
      bytes += nested(
        4, nested(1, attribute(1, [3]) + attribute(4, [8, 8]) + attribute(5, [8, 8])))
    }
    bytes += attribute(7, [0, 0, 0, 100])
    let mark = query.conntrackMark
    return bytes + attribute(8, (0..<4).map { UInt8(truncatingIfNeeded: mark >> (24 - 8 * $0)) })
  }

  private static func tuple(
    _ from: Endpoint, _ to: Endpoint, _ query: PacketQuery, isAnswer: Bool
  ) -> [UInt8] {
    let first: UInt16 = from.address.family == .v4 ? 1 : 3
    let addresses =
      attribute(first, from.address.bytes) + attribute(first + 1, to.address.bytes)
    var transport = attribute(1, [query.transport.rawValue])
    if query.transport == .icmp {
      transport += attribute(4, [0, 1]) + attribute(5, [isAnswer ? 0 : 8])
      transport += attribute(6, [query.icmpCode])
    } else {
      transport += attribute(2, RandomPacket.big(from.port?.number ?? 0))
      transport += attribute(3, RandomPacket.big(to.port?.number ?? 0))
    }
    return nested(1, addresses) + nested(2, transport)
  }

  private static func nested(_ kind: UInt16, _ content: [UInt8]) -> [UInt8] {
    attribute(kind | 0x8000, content)
  }

  private static func attribute(_ kind: UInt16, _ content: [UInt8]) -> [UInt8] {
    let length = content.count + 4
    let head = [
      UInt8(length & 0xff), UInt8(length >> 8), UInt8(kind & 0xff), UInt8(kind >> 8),
    ]
    return head + content + [UInt8](repeating: 0, count: (4 - length % 4) % 4)
  }
}
