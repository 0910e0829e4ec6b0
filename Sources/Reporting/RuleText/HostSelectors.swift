internal import Model

/// Selectors that don't read the packet's bytes: words and types by key (src/meta.c, ct.c, rt.c,
/// fib.c, socket.c, osf.c and xfrm.c of nftables 1.0.6).
enum HostSelectors {
  static func meta(_ key: MetaKey) -> (String, DataType) {
    metaTable[key] ?? ("[meta key \(key.rawValue)]", .integer(bits: 32, host: true))
  }

  private static let metaTable: [MetaKey: (String, DataType)] = [
    .length: ("meta length", .integer(bits: 32, host: true)),
    .protocol: ("meta protocol", .etherType),
    .priority: ("meta priority", .trafficHandle),
    .mark: ("meta mark", .mark),
    .inputInterface: ("iif", .interfaceIndex),
    .outputInterface: ("oif", .interfaceIndex),
    .inputName: ("iifname", .interfaceName),
    .outputName: ("oifname", .interfaceName),
    .inputType: ("meta iiftype", .hardwareType),
    .outputType: ("meta oiftype", .hardwareType),
    .userID: ("meta skuid", .userID),
    .groupID: ("meta skgid", .groupID),
    .trace: ("meta nftrace", .integer(bits: 8)),
    .routingClass: ("meta rtclassid", .realm),
    .securityMark: ("meta secmark", .integer(bits: 32, host: true)),
    .networkFamily: ("meta nfproto", .protocolFamily),
    .transportProtocol: ("meta l4proto", .transportProtocol),
    .bridgeInputName: ("meta ibrname", .interfaceName),
    .bridgeOutputName: ("meta obrname", .interfaceName),
    .packetType: ("meta pkttype", .packetType),
    .cpu: ("meta cpu", .integer(bits: 32, host: true)),
    .inputGroup: ("iifgroup", .deviceGroup),
    .outputGroup: ("oifgroup", .deviceGroup),
    .cgroup: ("meta cgroup", .integer(bits: 32, host: true)),
    .random: ("meta random", .integer(bits: 32)),
    .secpath: ("meta ipsec", .boolean),
    .inputKind: ("meta iifkind", .interfaceName),
    .outputKind: ("meta oifkind", .interfaceName),
    .bridgeVLANID: ("meta ibrpvid", .integer(bits: 16, host: true)),
    .bridgeVLANProtocol: ("meta ibrvproto", .etherType),
    .timeNanoseconds: ("meta time", .date),
    .timeDay: ("meta day", .day),
    .timeHour: ("meta hour", .timeOfDay),
    .slaveInterface: ("meta sdif", .interfaceIndex),
    .slaveName: ("meta sdifname", .interfaceName),
    .bridgeRoute: ("meta broute", .integer(bits: 8)),
    .bridgeHardwareAddress: ("meta ibrhwaddr", .ethernet),
  ]

  static func conntrack(
    _ key: ConntrackKey, _ direction: ConntrackDirection?
  ) -> (String, DataType) {
    let (name, type) =
      conntrackTable[key] ?? ("[key \(key.rawValue)]", .integer(bits: 32, host: true))
    let way =
      switch direction {
      case .original?: "original "
      case .reply?: "reply "
      case nil: ""
      }
    return ("ct " + way + name, type)
  }

  private static let conntrackTable: [ConntrackKey: (String, DataType)] = [
    .state: ("state", .conntrackState),
    .direction: ("direction", .conntrackDirection),
    .status: ("status", .conntrackStatus),
    .mark: ("mark", .mark),
    .securityMark: ("secmark", .integer(bits: 32, host: true)),
    .expiration: ("expiration", .duration),
    .helper: ("helper", .string),
    .networkProtocol: ("l3proto", .protocolFamily),
    .source: ("saddr", .ipv4),
    .destination: ("daddr", .ipv4),
    .transportProtocol: ("protocol", .transportProtocol),
    .sourcePort: ("proto-src", .service),
    .destinationPort: ("proto-dst", .service),
    .labels: ("label", .conntrackLabel),
    .packets: ("packets", .integer(bits: 64, host: true)),
    .bytes: ("bytes", .integer(bits: 64, host: true)),
    .averagePacket: ("avgpkt", .integer(bits: 64, host: true)),
    .zone: ("zone", .integer(bits: 16, host: true)),
    .eventMask: ("event", .conntrackEvent),
    .sourceV4: ("ip saddr", .ipv4),
    .destinationV4: ("ip daddr", .ipv4),
    .sourceV6: ("ip6 saddr", .ipv6),
    .destinationV6: ("ip6 daddr", .ipv6),
    .id: ("id", .integer(bits: 32)),
  ]

  static func routing(_ key: Routing.Key) -> (String, DataType) {
    switch key {
    case .classID: ("rt classid", .realm)
    case .nextHopV4: ("rt ip nexthop", .ipv4)
    case .nextHopV6: ("rt ip6 nexthop", .ipv6)
    case .tcpMSS: ("rt mtu", .integer(bits: 16, host: true))
    case .transform: ("rt ipsec", .boolean)
    }
  }

  static func fib(_ fib: FIBLookup) -> (String, DataType) {
    let names: [(FIBLookup.Flags, String)] = [
      (.source, "saddr"), (.destination, "daddr"), (.mark, "mark"), (.inputInterface, "iif"),
      (.outputInterface, "oif"),
    ]
    let keys = names.filter { fib.flags.contains($0.0) }.map(\.1).joined(separator: " . ")
    let isPresenceTest = fib.flags.contains(.present)
    let (word, type): (String, DataType) =
      switch fib.result {
      case .outputInterface: ("oif", isPresenceTest ? .presence : .interfaceIndex)
      case .outputName: ("oifname", isPresenceTest ? .presence : .interfaceName)
      case .addressType: ("type", .fibType)
      }
    return ("fib \(keys) \(word)", type)
  }

  static func socket(_ socket: SocketLookup) -> (String, DataType) {
    switch socket.key {
    case .transparent: ("socket transparent", .integer(bits: 8))
    case .mark: ("socket mark", .mark)
    case .wildcard: ("socket wildcard", .integer(bits: 8))
    case .cgroupV2: ("socket cgroupv2 level \(socket.level)", .controlGroup)
    }
  }

  static func operatingSystem(_ system: OperatingSystem) -> String {
    let ttl =
      switch system.ttl {
      case 1: "ttl loose "
      case 2: "ttl skip "
      default: ""
      }
    // NFT_OSF_F_VERSION
    return "osf \(ttl)" + (system.flags & 1 != 0 ? "version" : "name")
  }

  static func transform(_ transform: Transform) -> (String, DataType) {
    let types: [UInt32: DataType] = [
      1: .ipv4, 2: .ipv6, 3: .ipv4, 4: .ipv6, 5: .integer(bits: 32, host: true),
      6: .integer(bits: 32),
    ]
    let name = Symbols.name(transform.key, in: Symbols.transformKey) ?? "[key \(transform.key)]"
    let index = transform.index == 0 ? "" : "spnum \(transform.index) "
    return (
      "ipsec \(transform.direction == 0 ? "in" : "out") \(index)\(name)",
      types[transform.key] ?? .integer(bits: 32)
    )
  }
}
