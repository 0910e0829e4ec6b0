import Evaluator
import Model

/// Words for small rulesets, in the expressions that nft makes of them.
enum Build {
  static let register = Register.data(offset: 0)

  static func verdict(_ verdict: Verdict) -> Expression {
    .immediate(Immediate(destination: .verdict, value: .verdict(verdict)))
  }

  static func load(_ base: PayloadBase, _ offset: Int, _ length: Int) -> Expression {
    .payload(Payload(destination: register, base: base, offset: offset, length: length))
  }

  static func compare(_ operation: Compare.Operation, _ data: [UInt8]) -> Expression {
    .compare(Compare(source: register, operation: operation, data: data))
  }

  /// `tcp dport PORT`, with the protocol check that nft adds.
  static func tcp(_ port: UInt16) -> [Expression] {
    [
      .meta(Meta(destination: register, key: .transportProtocol)), compare(.equal, [6]),
      load(.transport, 2, 2), compare(.equal, be16(port)),
    ]
  }

  static func source(_ address: String) -> [Expression] {
    let bytes = IPAddress(address)?.bytes ?? []
    return [load(.network, bytes.count == 4 ? 12 : 8, bytes.count), compare(.equal, bytes)]
  }

  static func be16(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }

  static func host32(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
  }

  static func rule(_ handle: UInt64, _ parts: [Expression]..., ends: Verdict? = nil) -> Rule {
    Rule(handle: handle, expressions: parts.flatMap { $0 } + (ends.map { [verdict($0)] } ?? []))
  }

  static func base(
    _ name: String, _ hook: Hook, priority: Int32 = 0, policy: BaseChain.Policy = .accept,
    kind: BaseChain.Kind = .filter, devices: [String] = [], _ rules: [Rule]
  ) -> Chain {
    Chain(
      name: name,
      base: BaseChain(
        kind: kind, hook: hook, priority: Priority(rawValue: priority), policy: policy,
        devices: devices), rules: rules)
  }

  static func inet(
    _ chains: [Chain], sets: [ElementSet] = [], name: String = "t", family: Family = .inet
  ) -> Table {
    Table(family: family, name: name, chains: chains, sets: sets)
  }

  /// A host with lo and eth0 10.9.0.1/24, and a default route by 10.9.0.254.
  static func host() -> HostSnapshot {
    let lo = Interface(
      index: InterfaceIndex(rawValue: 1), name: "lo", hardwareType: 772, flags: 0x1_0009,
      addresses: [InterfaceAddress(address: .loopbackV4, prefixLength: 8, scope: 254)])
    let eth0 = Interface(
      index: InterfaceIndex(rawValue: 2), name: "eth0",
      addresses: [InterfaceAddress(address: IPAddress(v4: 0x0a09_0001), prefixLength: 24)])
    func route(
      _ text: String, _ type: RouteType, _ device: UInt32, table: UInt32 = 254,
      gateway: IPAddress? = nil
    ) -> Route {
      Route(
        destination: Prefix(text) ?? Prefix(.anyV4, length: 0), table: table, type: type,
        nextHops: [Route.NextHop(gateway: gateway, interface: InterfaceIndex(rawValue: device))])
    }
    return HostSnapshot(
      interfaces: [lo, eth0],
      routes: [
        route("127.0.0.0/8", .local, 1, table: 255), route("127.0.0.1", .local, 1, table: 255),
        route("10.9.0.1", .local, 2, table: 255), route("10.9.0.255", .broadcast, 2, table: 255),
        route("10.9.0.0/24", .unicast, 2),
        route("0.0.0.0/0", .unicast, 2, gateway: IPAddress(v4: 0x0a09_00fe)),
      ])
  }

  /// A SYN that arrives on eth0.
  static func syn(
    from source: String = "10.9.0.2:40000", to destination: String = "10.9.0.1:22",
    in interface: String? = "eth0"
  ) -> PacketQuery {
    PacketQuery(
      transport: .tcp, source: Endpoint(source) ?? Endpoint(.anyV4),
      destination: Endpoint(destination) ?? Endpoint(.anyV4), inputInterface: interface)
  }

  static func trace(_ query: PacketQuery, _ tables: Table..., host: HostSnapshot = host()) -> Trace
  {
    Evaluation(ruleset: Ruleset(tables: tables), host: host).trace(query)
  }
}

extension Trace {
  /// The steps as `chain/handle verdict`, policies as `chain/policy verdict`.
  var words: [String] {
    steps.map { "\($0.chain)/\($0.handle.map { "\($0)" } ?? "policy") \($0.verdict.rawValue)" }
  }
}
