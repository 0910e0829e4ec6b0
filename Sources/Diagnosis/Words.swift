internal import Model

/// Phrases that several sentences share. Names from outside are left as they came: whoever prints
/// them escapes them.
enum Words {
  /// Where a step happened: `inet filter input, handle 12`, `the policy of ip filter INPUT`.
  static func place(_ step: TraceStep) -> String {
    let chain = "\(step.family.name) \(step.table) \(step.chain)"
    if step.isPolicy { return "the policy of \(chain)" }
    if step.isLegacy { return "iptables-legacy \(step.table) \(step.chain)" }
    return step.handle.map { "\(chain), handle \($0)" } ?? chain
  }

  /// The chain, for a sentence: `in inet filter input`, `by the policy of ip filter INPUT`.
  static func chain(_ step: TraceStep) -> String {
    let chain = "\(step.family.name) \(step.table) \(step.chain)"
    if step.isLegacy { return "in iptables-legacy \(step.table) \(step.chain)" }
    return (step.isPolicy ? "by the policy of " : "in ") + chain
  }

  /// `nginx on 0.0.0.0:80`, `a socket on [::]:80`.
  static func socket(_ listener: Listener) -> String {
    "\(program(listener)) on \(address(listener))"
  }

  /// Who holds a socket, as far as that is known.
  static func program(_ listener: Listener) -> String {
    listener.program?.command ?? listener.unit ?? "a socket"
  }

  /// The address and port a socket is bound to, with its device: `0.0.0.0:53 (lo only)`.
  static func address(_ listener: Listener) -> String {
    let endpoint = Endpoint(listener.address, port: listener.port).description
    return listener.deviceName.map { "\(endpoint) (\($0) only)" } ?? endpoint
  }

  static func origin(_ origin: Origin) -> String {
    switch origin {
    case .here: "this host"
    case .address(let address, _, _): address.description
    case .outside(let interface, let source, _): "\(source) on \(interface)"
    }
  }

  /// What the probe saw.
  static func probe(_ probe: ProbeOutcome, _ transport: TransportProtocol) -> String {
    switch probe.kind {
    case .connected: transport == .tcp ? "the handshake completed" : "an answer came"
    case .refused: probe.icmp.map(icmp) ?? "a RST came back"
    case .timeout: "no answer came"
    case .icmp: probe.icmp.map(icmp) ?? "an ICMP error came back"
    case .error: "the kernel refused to send: \(probe.error?.description ?? "no reason given")"
    case .skipped: "no packet was sent"
    }
  }

  static func icmp(_ icmp: ICMPError) -> String {
    icmp.isLocal
      ? "this host's kernel gave up on the next hop"
      : "\(icmpName(icmp)) came from \(icmp.from)"
  }

  /// The RFCs' name of an error, with its numbers.
  static func icmpName(_ icmp: ICMPError) -> String {
    let isV4 = icmp.from.family == .v4
    let names = isV4 ? icmpNames : icmpv6Names
    let name = names[UInt16(icmp.type) << 8 | UInt16(icmp.code)] ?? names[UInt16(icmp.type) << 8]
    let numbers = "\(isV4 ? "ICMP" : "ICMPv6") \(icmp.type)/\(icmp.code)"
    return name.map { "\($0) (\(numbers))" } ?? numbers
  }

  /// Type and code as high and low byte.
  private static let icmpNames: [UInt16: String] = [
    0x300: "network unreachable", 0x301: "host unreachable", 0x302: "protocol unreachable",
    0x303: "port unreachable", 0x306: "network unknown", 0x307: "host unknown",
    0x309: "network prohibited", 0x30a: "host prohibited",
    0x30d: "administratively prohibited", 0xb00: "TTL exceeded", 0xc00: "parameter problem",
  ]
  private static let icmpv6Names: [UInt16: String] = [
    0x100: "no route", 0x101: "administratively prohibited", 0x102: "beyond scope",
    0x103: "address unreachable", 0x104: "port unreachable", 0x105: "source policy failed",
    0x106: "reject route", 0x300: "hop limit exceeded", 0x400: "parameter problem",
  ]

  /// Why a packet that every rule lets pass is not delivered.
  static func obstacle(_ stop: Stop) -> String {
    let place = stop.place == "here" ? "" : " in \(stop.place)"
    return (stop.direction == .reply ? "for the answer, " : "") + obstacle(stop.obstacle) + place
  }

  static func obstacle(_ obstacle: Delivery.Obstacle) -> String {
    switch obstacle {
    case .noRoute: "there is no route for it"
    case .blackhole: "a blackhole route swallows it"
    case .unreachable: "an unreachable route turns it away"
    case .prohibited: "a prohibit route turns it away"
    case .reversePath: "rp_filter discards it, since the way back to its source is another"
    case .martianSource: "the kernel discards it for its source address (martian)"
    case .martianDestination: "the kernel discards it for its destination address (martian)"
    case .forwardingDisabled: "it would have to be forwarded, and forwarding is off"
    case .timeToLive: "its TTL runs out"
    case .noAddress: "NAT finds no address to use"
    case .interfaceDown: "the interface is down"
    case .broadcast: "the destination is a broadcast address"
    }
  }
}
