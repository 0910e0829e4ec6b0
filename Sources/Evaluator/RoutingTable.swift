internal import Model

/// The routing policy and tables of a host, asked for one concrete destination.
///
/// IPv4 follows `fib_table_lookup` (net/ipv4/fib_trie.c) and `fib_rules_lookup`
/// (net/core/fib_rules.c); IPv6 follows `fib6_rule_lookup` and `rt6_select`.
struct RoutingTable {
  /// What a lookup is made for.
  struct Key {
    var destination: IPAddress
    var source: IPAddress?
    var mark: UInt32 = 0
    /// `nil` for this host's own packets.
    var input: Interface?
    /// A device that the route must use.
    var output: Interface?
    var user: UInt32 = 0
    var transport: UInt8 = 0
    var sourcePort: UInt16 = 0
    var destinationPort: UInt16 = 0
  }

  enum Answer {
    case found(Route, Route.NextHop?)
    /// The errno that the lookup ends with: ENETUNREACH, EHOSTUNREACH, EACCES or EINVAL.
    case failed(ErrorNumber)
  }

  private let host: HostSnapshot
  private var tables: [TableKey: [Int: [Prefix: [Route]]]] = [:]
  private var rules: [IPFamily: [RoutingRule]] = [:]
  private let isMerged: Bool
  private let vrfTables: [InterfaceIndex: UInt32]

  private struct TableKey: Hashable {
    var family: IPFamily
    var table: UInt32
  }

  init(_ host: HostSnapshot) {
    self.host = host
    vrfTables = [:]
    for family in IPFamily.allCases {
      rules[family] = host.routingRules.filter { $0.family == family }
        .enumerated().sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }
        .map(\.element)
    }
    // Until a custom rule is made, IPv4's local and main table are one trie (fib_unmerge).
    isMerged = (rules[.v4] ?? []).allSatisfy { Self.isDefault($0) }
    for route in host.routes {
      var table = route.table
      if route.destination.address.family == .v4, isMerged, table == 255 { table = 254 }
      tables[TableKey(family: route.destination.address.family, table: table), default: [:]][
        route.destination.length, default: [:]][route.destination, default: []].append(route)
    }
  }

  /// Whether any IPv4 rule beyond the three that every host has is present.
  var hasCustomRules: Bool { !isMerged }

  private static func isDefault(_ rule: RoutingRule) -> Bool {
    guard case .lookup(let table) = rule.action else { return false }
    return rule.source == nil && rule.destination == nil && rule.inputInterface == nil
      && rule.outputInterface == nil && rule.markMask == 0 && rule.mark == 0 && !rule.isInverted
      && rule.users == nil && rule.transportProtocol == nil && rule.sourcePorts == nil
      && rule.destinationPorts == nil && !rule.usesVRF && [253, 254, 255].contains(table)
  }

  func lookup(_ key: Key) -> Answer {
    let list = rules[key.destination.family] ?? []
    guard !list.isEmpty else {
      // A host whose rules were not read has at least the default ones.
      for table: UInt32 in [255, 254] {
        if let answer = search(table, key, suppressed: nil) { return answer }
      }
      return .failed(.networkUnreachable)
    }
    var index = 0
    var steps = 0
    while index < list.count, steps < 4096 {
      steps += 1
      let rule = list[index]
      index += 1
      guard matches(rule, key) else { continue }
      switch rule.action {
      case .lookup(let table):
        if let answer = search(table, key, suppressed: rule.suppressedPrefixLength) {
          return answer
        }
      case .goto(let priority):
        index = list.firstIndex { $0.priority >= priority } ?? list.count
      case .nothing, .unknown: continue
      case .blackhole: return .failed(.invalid)
      case .unreachable: return .failed(.hostUnreachable)
      case .prohibit: return .failed(.accessDenied)
      }
    }
    return .failed(.networkUnreachable)
  }

  private func matches(_ rule: RoutingRule, _ key: Key) -> Bool {
    var holds = true
    if let name = rule.inputInterface {
      // Own packets count as arriving on the loopback device.
      holds = holds && (key.input?.name ?? "lo") == name
    }
    if let name = rule.outputInterface { holds = holds && key.output?.name == name }
    holds = holds && (key.mark ^ rule.mark) & rule.markMask == 0
    if let prefix = rule.source {
      holds = holds && (key.source.map { prefix.contains($0) } ?? (prefix.length == 0))
    }
    if let prefix = rule.destination { holds = holds && prefix.contains(key.destination) }
    if let users = rule.users { holds = holds && users.contains(key.user) }
    if let transport = rule.transportProtocol { holds = holds && transport == key.transport }
    if let ports = rule.sourcePorts { holds = holds && ports.contains(key.sourcePort) }
    if let ports = rule.destinationPorts { holds = holds && ports.contains(key.destinationPort) }
    if rule.usesVRF { holds = false }
    return holds != rule.isInverted
  }

  /// `nil` means: go on with the next rule.
  private func search(_ table: UInt32, _ key: Key, suppressed: Int?) -> Answer? {
    let table = isMerged && key.destination.family == .v4 && table == 255 ? 254 : table
    guard
      let byLength = tables[TableKey(family: key.destination.family, table: table)]
    else { return nil }
    for length in byLength.keys.sorted(by: >) {
      let prefix = Prefix(key.destination, length: length)
      guard let candidates = byLength[length]?[prefix] else { continue }
      for route in candidates.sorted(by: { $0.priority < $1.priority }) {
        if let source = route.source, source.length > 0 {
          guard let address = key.source, source.contains(address) else { continue }
        }
        switch route.type {
        case .throw: return nil
        case .blackhole: return .failed(.invalid)
        case .unreachable: return .failed(.hostUnreachable)
        case .prohibit: return .failed(.accessDenied)
        case .unspecified: continue
        case .unicast, .local, .broadcast, .anycast, .multicast: break
        }
        guard let hop = usableHop(route, key) else { continue }
        if let suppressed, length <= suppressed { return nil }
        return .found(route, hop)
      }
    }
    return nil
  }

  private func usableHop(_ route: Route, _ key: Key) -> Route.NextHop?? {
    guard !route.nextHops.isEmpty else { return .some(nil) }
    for hop in route.nextHops where hop.flags & 0x1 == 0 {
      // Own addresses are no exception (`fib_lookup_good_nhc`, `rt6_score_route`).
      if let output = key.output, hop.interface != output.index { continue }
      return .some(hop)
    }
    return nil
  }
}

extension RoutingTable {
  /// The type of an address alone, as xtables' addrtype asks for it.
  func addressType(_ address: IPAddress, on device: Interface?) -> RouteType {
    addressType(Key(destination: address), on: device)
  }

  /// The type that rules and `fib ... type` see for an address (`inet_addr_type`: the local table
  /// only; IPv6: a full lookup, `__nft_fib6_eval_type`).
  func addressType(_ key: Key, on device: Interface?) -> RouteType {
    let address = key.destination
    if address.family == .v4 {
      if address.bits == 0xffff_ffff || address.bits >> 24 == 0 { return .broadcast }
      if address.isMulticast { return .multicast }
      return localType(address, on: device)
    }
    if address.isMulticast { return .multicast }
    switch lookup(key) {
    case .found(let route, let hop):
      let isSubnet =
        route.destination.length < 127 && hop?.gateway == nil
        && route.destination.address == address
      if route.type == .anycast || route.type == .unicast && isSubnet { return .anycast }
      guard let device else { return route.type }
      return device.addresses.contains { $0.address == address && !$0.isTentative }
        ? .local : .unicast
    case .failed(.invalid): return .blackhole
    case .failed(.accessDenied): return .prohibit
    case .failed: return .unreachable
    }
  }

  /// Source: `__inet_dev_addr_type`, net/ipv4/fib_frontend.c.
  private func localType(_ address: IPAddress, on device: Interface?) -> RouteType {
    var best: Route?
    for route in host.routes
    where route.table == 255 && route.destination.contains(address)
      && route.destination.length >= (best?.destination.length ?? 0)
    {
      best = route
    }
    guard let best else { return .unicast }
    if let device, best.nextHops.first?.interface != device.index { return .unicast }
    return best.type
  }
}
