/// What nft knows of a value: how wide it is, in which byte order it lies in a register, and how it
/// is written.
///
/// Numbers are nft's own (`enum datatypes`, include/datatype.h of nftables 1.0.6): they come with
/// each set, and the kernel keeps them without reading them.
struct DataType: Sendable {
  enum Style: Sendable {
    case decimal
    /// `0x` and at least so many digits.
    case hexadecimal(digits: Int)
    case address
    case hardwareAddress
    case interfaceName
    case interfaceIndex
    case string
    /// One of these names, else a decimal number.
    case symbol([Symbol])
    /// Names joined by the operator of the place; bits without a name as a hexadecimal number.
    case bits([Symbol])
    /// The number of the one set bit (`ct label`).
    case bitNumber
    /// Milliseconds as `1d2h3m4s5ms`.
    case duration
    /// Nanoseconds since 1970 as `"YYYY-MM-DD hh:mm:ss"`.
    case date
    /// Seconds since midnight as `"hh:mm:ss"`.
    case timeOfDay
    /// `tc`'s `major:minor`.
    case trafficHandle
  }

  var name: String
  var number: UInt32
  var bits: Int
  /// Host byte order in a register; network order otherwise.
  var isHostOrder: Bool
  var style: Style
  /// An expression of this type, for a set's `typeof`: where nft refuses the type's bare name.
  var exemplar: String?

  init(
    _ name: String, _ number: UInt32, bits: Int, host: Bool = false, _ style: Style,
    exemplar: String? = nil
  ) {
    self.name = name
    self.number = number
    self.bits = bits
    self.isHostOrder = host
    self.style = style
    self.exemplar = exemplar
  }

  var isAddress: Bool {
    if case .address = style { true } else { false }
  }

  /// The names of a bit mask type.
  var bitNames: [Symbol]? {
    if case .bits(let names) = style { names } else { nil }
  }
}

/// A value and nft's name for it.
struct Symbol: Sendable {
  var value: UInt64
  var name: String

  init(_ value: UInt64, _ name: String) {
    self.value = value
    self.name = name
  }

  /// Consecutive values from `first` on.
  static func counting(from first: UInt64 = 0, _ names: [String]) -> [Symbol] {
    names.enumerated().map { Symbol(first + UInt64($0.offset), $0.element) }
  }

  /// Consecutive bits from bit 0 on.
  static func bits(_ names: [String]) -> [Symbol] {
    names.enumerated().map { Symbol(1 << UInt64($0.offset), $0.element) }
  }
}

extension DataType {
  static let protocolFamily = DataType(
    "nf_proto", 2, bits: 8, .symbol(Symbols.protocolFamily), exemplar: "meta nfproto")
  static let string = DataType("string", 5, bits: 128, host: true, .string, exemplar: "osf name")
  static let hardwareAddress = DataType("ll_addr", 6, bits: 48, .hardwareAddress)
  static let ipv4 = DataType("ipv4_addr", 7, bits: 32, .address, exemplar: "ip saddr")
  static let ipv6 = DataType("ipv6_addr", 8, bits: 128, .address, exemplar: "ip6 saddr")
  static let ethernet = DataType(
    "ether_addr", 9, bits: 48, .hardwareAddress, exemplar: "ether saddr")
  static let etherType = DataType(
    "ether_type", 10, bits: 16, .symbol(Symbols.etherType), exemplar: "ether type")
  static let arpOperation = DataType(
    "arp_op", 11, bits: 16, .symbol(Symbols.arpOperation), exemplar: "arp operation")
  static let transportProtocol = DataType(
    "inet_proto", 12, bits: 8, .symbol(Symbols.transportProtocol), exemplar: "meta l4proto")
  static let service = DataType("inet_service", 13, bits: 16, .decimal, exemplar: "tcp dport")
  static let icmpType = DataType(
    "icmp_type", 14, bits: 8, .symbol(Symbols.icmpType), exemplar: "icmp type")
  static let tcpFlags = DataType(
    "tcp_flag", 15, bits: 8, .bits(Symbols.tcpFlags), exemplar: "tcp flags")
  static let dccpType = DataType("dccp_pkttype", 16, bits: 4, .symbol(Symbols.dccpType))
  static let mobilityType = DataType("mh_type", 17, bits: 8, .symbol(Symbols.mobilityType))
  static let duration = DataType(
    "time", 18, bits: 32, host: true, .duration, exemplar: "ct expiration")
  static let mark = DataType(
    "mark", 19, bits: 32, host: true, .hexadecimal(digits: 8), exemplar: "meta mark")
  static let interfaceIndex = DataType(
    "iface_index", 20, bits: 32, host: true, .interfaceIndex, exemplar: "iif")
  static let hardwareType = DataType(
    "iface_type", 21, bits: 16, host: true, .symbol(Symbols.hardwareType), exemplar: "meta iiftype")
  static let realm = DataType(
    "realm", 22, bits: 32, host: true, .decimal, exemplar: "meta rtclassid")
  static let trafficHandle = DataType(
    "classid", 23, bits: 32, host: true, .trafficHandle, exemplar: "meta priority")
  static let userID = DataType("uid", 24, bits: 32, host: true, .decimal, exemplar: "meta skuid")
  static let groupID = DataType("gid", 25, bits: 32, host: true, .decimal, exemplar: "meta skgid")
  static let conntrackState = DataType(
    "ct_state", 26, bits: 32, host: true, .bits(Symbols.conntrackState), exemplar: "ct state")
  static let conntrackDirection = DataType(
    "ct_dir", 27, bits: 8, .symbol(Symbols.conntrackDirection), exemplar: "ct direction")
  static let conntrackStatus = DataType(
    "ct_status", 28, bits: 32, host: true, .bits(Symbols.conntrackStatus), exemplar: "ct status")
  static let icmpv6Type = DataType(
    "icmpv6_type", 29, bits: 8, .symbol(Symbols.icmpv6Type), exemplar: "icmpv6 type")
  static let conntrackLabel = DataType(
    "ct_label", 30, bits: 128, host: true, .bitNumber, exemplar: "ct label")
  static let packetType = DataType(
    "pkt_type", 31, bits: 8, .symbol(Symbols.packetType), exemplar: "meta pkttype")
  static let icmpCode = DataType("icmp_code", 32, bits: 8, .decimal, exemplar: "icmp code")
  static let icmpv6Code = DataType("icmpv6_code", 33, bits: 8, .decimal, exemplar: "icmpv6 code")
  static let deviceGroup = DataType(
    "devgroup", 35, bits: 32, host: true, .decimal, exemplar: "iifgroup")
  static let dscp = DataType("dscp", 36, bits: 6, .symbol(Symbols.dscp), exemplar: "ip dscp")
  static let ecn = DataType("ecn", 37, bits: 2, .symbol(Symbols.ecn), exemplar: "ip ecn")
  static let fibType = DataType(
    "fib_addrtype", 38, bits: 32, host: true, .symbol(Symbols.fibType), exemplar: "fib daddr type")
  static let boolean = DataType("boolean", 39, bits: 8, .symbol(Symbols.boolean))
  /// What `fib` gives for a test of existence.
  static let presence = DataType("boolean", 39, bits: 32, host: true, .symbol(Symbols.boolean))
  static let conntrackEvent = DataType(
    "ct_event", 40, bits: 32, host: true, .bits(Symbols.conntrackEvent))
  static let interfaceName = DataType(
    "ifname", 41, bits: 128, host: true, .interfaceName, exemplar: "iifname")
  static let igmpType = DataType(
    "igmp_type", 42, bits: 8, .symbol(Symbols.igmpType), exemplar: "igmp type")
  static let date = DataType("time", 43, bits: 64, host: true, .date, exemplar: "meta time")
  static let timeOfDay = DataType(
    "hour", 44, bits: 32, host: true, .timeOfDay, exemplar: "meta hour")
  static let day = DataType("day", 45, bits: 8, .symbol(Symbols.day), exemplar: "meta day")
  static let controlGroup = DataType("cgroupsv2", 46, bits: 64, host: true, .decimal)

  /// A number without a name of its own.
  static func integer(bits: Int, host: Bool = false) -> DataType {
    let exemplar: String? =
      switch (bits, host) {
      case (...8, _): "ip ttl"
      case (16, false): "ip length"
      case (16, true): "rt mtu"
      case (32, false): "tcp sequence"
      case (32, true): "meta length"
      case (64, true): "ct bytes"
      default: nil
      }
    let style: Style = bits <= 64 ? .decimal : .hexadecimal(digits: 1)
    return DataType("integer", 4, bits: bits, host: host, style, exemplar: exemplar)
  }

  /// Bytes at a place without a name.
  static func raw(bits: Int) -> DataType {
    var type = integer(bits: bits)
    type.style = .hexadecimal(digits: 1)
    return type
  }

  /// The types that a set can be declared with.
  static let numbered: [DataType] = [
    protocolFamily, string, hardwareAddress, ipv4, ipv6, ethernet, etherType, arpOperation,
    transportProtocol, service, icmpType, tcpFlags, dccpType, mobilityType, duration, mark,
    interfaceIndex, hardwareType, realm, trafficHandle, userID, groupID, conntrackState,
    conntrackDirection, conntrackStatus, icmpv6Type, conntrackLabel, packetType, icmpCode,
    icmpv6Code, deviceGroup, dscp, ecn, fibType, boolean, conntrackEvent, interfaceName, igmpType,
    date, timeOfDay, day, controlGroup,
  ]

  /// The type with one of nft's numbers; `nil` for plain integers and for numbers not known.
  static func numbered(_ number: UInt32) -> DataType? {
    numbered.first { $0.number == number }
  }
}
