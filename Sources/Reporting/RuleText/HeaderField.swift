/// A named field of a packet header.
struct HeaderField: Sendable {
  var header: Header
  var name: String
  /// Bits from the start of the payload base.
  var offset: Int
  var bits: Int
  var type: DataType

  var text: String { "\(header.rawValue) \(name)" }
}

/// A header that nft has a word for.
enum Header: String, Sendable {
  case ether, vlan, arp, ip, ip6, icmp, icmpv6, igmp, tcp, udp, udplite, sctp, dccp, ah, esp, comp
  /// Any transport header: ports only.
  case th

  /// The header of a transport protocol number.
  init?(transport: UInt8) {
    switch transport {
    case 1: self = .icmp
    case 2: self = .igmp
    case 6: self = .tcp
    case 17: self = .udp
    case 33: self = .dccp
    case 50: self = .esp
    case 51: self = .ah
    case 58: self = .icmpv6
    case 108: self = .comp
    case 132: self = .sctp
    case 136: self = .udplite
    default: return nil
    }
  }

  init?(etherType: UInt16) {
    switch etherType {
    case 0x0800: self = .ip
    case 0x0806: self = .arp
    case 0x86dd: self = .ip6
    default: return nil
    }
  }

  /// What nft has to know of the packet before it can read this header.
  var need: Need? {
    switch self {
    case .ether: .link
    case .vlan: .vlan
    case .arp: .network(0x0806)
    case .ip: .network(0x0800)
    case .ip6: .network(0x86dd)
    case .icmp: .transport(1, over: 0x0800)
    case .icmpv6: .transport(58, over: 0x86dd)
    case .igmp: .transport(2, over: 0x0800)
    case .tcp: .transport(6)
    case .udp: .transport(17)
    case .udplite: .transport(136)
    case .sctp: .transport(132)
    case .dccp: .transport(33)
    case .ah: .transport(51)
    case .esp: .transport(50)
    case .comp: .transport(108)
    case .th: nil
    }
  }

  /// The field that is exactly these bits.
  func field(offset: Int, bits: Int) -> HeaderField? {
    fields.first { $0.offset == offset && $0.bits == bits }
  }

  /// The field that starts here and is wider than these bits: a prefix of it was loaded.
  func field(startingAt offset: Int, widerThan bits: Int) -> HeaderField? {
    fields.first { $0.offset == offset && $0.bits > bits }
  }
}

extension HeaderField {
  /// What the field needs beside its header: only some ICMP types have an id.
  var typeNeed: Need? {
    switch (header, name) {
    case (.icmp, "id"), (.icmp, "sequence"): .icmpTypes([0, 8], in: .icmp)
    case (.icmp, "mtu"): .icmpTypes([3], in: .icmp)
    case (.icmp, "gateway"): .icmpTypes([5], in: .icmp)
    case (.icmpv6, "id"), (.icmpv6, "sequence"): .icmpTypes([128, 129], in: .icmpv6)
    case (.icmpv6, "mtu"): .icmpTypes([2], in: .icmpv6)
    case (.icmpv6, "parameter-problem"): .icmpTypes([4], in: .icmpv6)
    default: nil
    }
  }

  var needs: [Need] { [header.need, typeNeed].compactMap(\.self) }
}
