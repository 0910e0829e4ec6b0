internal import Model

/// Something nft must know of a packet before it reads a header from it.
enum Need: Hashable, Sendable {
  /// The link layer is Ethernet.
  case link
  /// The frame has a VLAN tag.
  case vlan
  /// The network header is that of an EtherType. `byLink`: nft tests the frame's type in a bridge.
  case network(UInt16, byLink: Bool = false)
  /// The transport header is of a protocol; ICMP also wants its network protocol known.
  case transport(UInt8, over: UInt16? = nil)
  /// The ICMP type is one of these.
  case icmpTypes([UInt8], in: Header)
}

/// A test that nft adds by itself in front of a match that needs it, and that it leaves out when it
/// lists the rule.
enum Dependency: Hashable, Sendable {
  case networkFamily(UInt8)
  case transport(UInt8)
  case etherType(UInt16)
  /// `meta protocol`.
  case packetProtocol(UInt16)
  case inputType(UInt16)
  case ipProtocol(UInt8)
  case ip6NextHeader(UInt8)
  case vlanType(UInt16)
  case icmpTypes([UInt8], in: Header)

  /// The test as a statement of its own.
  var text: String {
    switch self {
    case .networkFamily(let value): "meta nfproto " + name(value, Symbols.protocolFamily)
    case .transport(let value): "meta l4proto " + name(value, Symbols.transportProtocol)
    case .etherType(let value): "ether type " + etherTypeName(value)
    case .packetProtocol(let value): "meta protocol " + etherTypeName(value)
    case .inputType(let value): "meta iiftype " + name(value, Symbols.hardwareType)
    case .ipProtocol(let value): "ip protocol " + name(value, Symbols.transportProtocol)
    case .ip6NextHeader(let value): "ip6 nexthdr " + name(value, Symbols.transportProtocol)
    case .vlanType(let value): "vlan type " + etherTypeName(value)
    case .icmpTypes(let types, let header): icmpText(types, header)
    }
  }

  /// What the statement itself needs.
  var needs: [Need] {
    switch self {
    case .networkFamily, .transport, .packetProtocol, .inputType: []
    case .etherType: [.link]
    case .ipProtocol: [.network(0x0800)]
    case .ip6NextHeader: [.network(0x86dd)]
    case .vlanType: [.vlan]
    case .icmpTypes(_, let header): [header.need].compactMap(\.self)
    }
  }

  /// The statement as a test of raw bytes, which needs nothing.
  var rawText: String {
    switch self {
    case .networkFamily, .transport, .packetProtocol, .inputType: text
    case .etherType(let value): "@ll,96,16 " + hexadecimal(value)
    case .ipProtocol(let value): "@nh,72,8 " + hexadecimal(value)
    case .ip6NextHeader(let value): "@nh,48,8 " + hexadecimal(value)
    case .vlanType(let value): "@ll,128,16 " + hexadecimal(value)
    case .icmpTypes(let types, _):
      types.count == 1
        ? "@th,0,8 " + hexadecimal(types[0])
        : "@th,0,8 { " + types.map(hexadecimal).joined(separator: ", ") + " }"
    }
  }

  private func icmpText(_ types: [UInt8], _ header: Header) -> String {
    let table = header == .icmp ? Symbols.icmpType : Symbols.icmpv6Type
    let names = types.map { name($0, table) }
    return "\(header.rawValue) type "
      + (names.count == 1 ? names[0] : "{ " + names.joined(separator: ", ") + " }")
  }

  private func name(_ value: some BinaryInteger, _ table: [Symbol]) -> String {
    Symbols.name(value, in: table) ?? String(value)
  }

  private func etherTypeName(_ value: UInt16) -> String {
    Symbols.name(value, in: Symbols.etherType) ?? hexadecimal(value)
  }

  private func hexadecimal(_ value: some BinaryInteger) -> String {
    "0x" + String(value, radix: 16)
  }
}

/// What is known of the packet's headers at a place in a rule, as nft tracks it (`struct
/// proto_ctx`): from the table's family and from the tests before.
struct ProtocolContext: Sendable {
  let family: Family
  /// No header is resolved: every payload is written as raw bytes.
  var isBlind = false
  private(set) var link: Header?
  /// EtherType.
  private(set) var network: UInt16?
  private(set) var transport: UInt8?
  private(set) var icmpTypes: [UInt8]?

  init(family: Family) {
    self.family = family
    switch family {
    case .ip: network = 0x0800
    case .ip6: network = 0x86dd
    case .arp: network = 0x0806
    case .bridge: link = .ether
    default: break
    }
  }

  /// The tests nft would add for these needs, in its order; `nil` if one contradicts what is known.
  func missing(for needs: [Need]) -> [Dependency]? {
    var context = self
    var result: [Dependency] = []
    for need in needs {
      guard let more = context.missing(for: need) else { return nil }
      for dependency in more { context.apply(dependency) }
      result += more
    }
    return result
  }

  private func missing(for need: Need) -> [Dependency]? {
    switch need {
    case .link:
      return link == nil ? [.inputType(1)] : []
    case .vlan:
      if link == .vlan { return [] }
      return (link == nil ? [.inputType(1)] : []) + [.etherType(0x8100)]
    case .network(let type, let byLink):
      return missingNetwork(type, byLink: byLink)
    case .transport(let number, let carrier):
      if transport == number { return [] }
      guard transport == nil else { return nil }
      let below = network == nil ? carrier.flatMap { missingNetwork($0, byLink: true) } : nil
      return (below ?? []) + [.transport(number)]
    case .icmpTypes(let types, let header):
      if icmpTypes == types { return [] }
      return icmpTypes == nil ? [.icmpTypes(types, in: header)] : nil
    }
  }

  private func missingNetwork(_ type: UInt16, byLink: Bool) -> [Dependency]? {
    if network == type { return [] }
    guard network == nil else { return nil }
    switch family {
    case .inet:
      switch type {
      case 0x0800: return [.networkFamily(2)]
      case 0x86dd: return [.networkFamily(10)]
      default: return nil
      }
    case .bridge:
      if link == .vlan { return [.vlanType(type)] }
      return byLink || type == 0x0806 ? [.etherType(type)] : [.packetProtocol(type)]
    default:
      return [.packetProtocol(type)]
    }
  }

  /// Learns from a test that was written, or that nft adds.
  mutating func apply(_ dependency: Dependency) {
    switch dependency {
    case .networkFamily(2): network = 0x0800
    case .networkFamily(10): network = 0x86dd
    case .networkFamily: break
    case .transport(let number), .ipProtocol(let number), .ip6NextHeader(let number):
      transport = number
    case .etherType(0x8100): link = .vlan
    case .etherType(let type), .packetProtocol(let type), .vlanType(let type):
      if Header(etherType: type) != nil { network = type }
    case .inputType(1): link = .ether
    case .inputType: break
    case .icmpTypes(let types, _): icmpTypes = types
    }
  }

  func applying(_ dependencies: some Sequence<Dependency>) -> ProtocolContext {
    var context = self
    for dependency in dependencies { context.apply(dependency) }
    return context
  }

  /// The headers that may stand at a payload base, most likely first.
  func headers(at base: PayloadBase) -> [Header] {
    if isBlind { return [] }
    switch base {
    case .link: return link == .vlan ? [.vlan, .ether] : [.ether]
    case .network: return network.flatMap(Header.init(etherType:)).map { [$0] } ?? []
    case .transport:
      guard let transport else { return [.th] }
      return Header(transport: transport).map { [$0] } ?? []
    case .inner, .tunnel: return []
    }
  }
}
