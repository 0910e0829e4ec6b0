import Model

/// Addresses of the tests' little internet.
enum Net {
  static let client = address("10.77.1.2")
  static let server = address("10.77.2.2")
  static let second = address("10.77.2.3")
  static let router = address("10.77.1.1")
  static let container = address("172.30.0.2")
  static let client6 = address("fd77:1::2")
  static let server6 = address("fd77:2::2")

  static func address(_ text: String) -> IPAddress {
    guard let address = IPAddress(text) else { fatalError("not an address: \(text)") }
    return address
  }
}

/// Evidence of the usual kinds, to be varied.
enum Situation {
  static let port = Port(8080)

  /// Asked on the server about a packet from the client; both rulesets' ways are known.
  static func arrival(
    listeners: [Listener] = [socket()], near: [ListenerEvidence.NearMiss] = [],
    request: Trace = passed(.local), reply: Trace? = passed(.out),
    transport: TransportProtocol = .tcp
  ) -> Evidence {
    Evidence(
      flow: Flow(
        transport: transport, destination: Net.server, port: port,
        origin: .address(Net.client, port: nil, interface: "s0")),
      probe: .skipped, isTargetLocal: true,
      listeners: ListenerEvidence(
        matching: listeners, near: near, endpoint: Endpoint(Net.server, port: port)),
      firewall: FirewallEvidence(request: request, reply: reply))
  }

  /// Asked on the client about the server, whose sockets and rules nobody here knows.
  static func remote(
    _ probe: ProbeOutcome, request: Trace? = passed(.out), reply: Trace? = passed(.local),
    transport: TransportProtocol = .tcp
  ) -> Evidence {
    var probe = probe
    if probe.kind != .skipped { probe.source = Endpoint(Net.client, port: Port(40000)) }
    return Evidence(
      flow: Flow(transport: transport, destination: Net.server, port: port, origin: .here),
      probe: probe, isTargetLocal: false,
      firewall: request.map { FirewallEvidence(request: $0, reply: reply) })
  }

  /// Asked on the server about itself, with a probe over loopback.
  static func own(
    _ probe: ProbeOutcome, listeners: [Listener] = [socket()],
    near: [ListenerEvidence.NearMiss] = [], request: Trace? = passed(.local),
    transport: TransportProtocol = .tcp
  ) -> Evidence {
    var evidence = arrival(listeners: listeners, near: near, transport: transport)
    evidence.flow.origin = .here
    evidence.probe = probe
    evidence.firewall = request.map { FirewallEvidence(request: $0, reply: passed(.local)) }
    return evidence
  }

  /// Asked on the router about client and server.
  static func forwarded(_ request: Trace, _ probe: ProbeOutcome = .skipped) -> Evidence {
    var evidence = remote(probe, request: request, reply: passed(.forward))
    evidence.flow.origin = .address(Net.client, port: nil, interface: "rc")
    evidence.probe.source = probe.kind == .skipped ? nil : Endpoint(Net.router)
    return evidence
  }

  static func socket(
    _ address: IPAddress = .anyV4, transport: TransportProtocol = .tcp, queue: UInt32 = 0,
    backlog: UInt32 = 128
  ) -> Listener {
    Listener(
      transport: transport, address: address, port: port, queue: queue, backlog: backlog,
      inode: 4242, user: "www-data", unit: "nginx.service",
      program: Program(pid: 812, command: "nginx"))
  }

  static func miss(
    _ reason: ListenerEvidence.NearMiss.Reason, _ listener: Listener = socket()
  ) -> ListenerEvidence.NearMiss {
    ListenerEvidence.NearMiss(listener: listener, reason: reason)
  }

  // MARK: Traces

  static func passed(_ destination: Delivery.Destination) -> Trace {
    Trace(verdict: .accept, delivery: Delivery(destination: destination))
  }

  static func stopped(
    _ verdict: Trace.Verdict, by step: TraceStep = rule(), rejection: Rejection? = nil
  ) -> Trace {
    Trace(
      verdict: verdict, rejection: rejection, decidedBy: step,
      delivery: Delivery(destination: .none(nil)), steps: [step])
  }

  /// A trace that hangs on a rate limit, with the likelier branch first.
  static func hanging(_ first: Trace.Verdict, _ second: Trace.Verdict) -> Trace {
    let branches = [first, second].map { verdict in
      Trace.Branch(
        verdict: verdict,
        when: ["limit rate 3/minute is \(verdict == .accept ? "not " : "")exceeded"],
        decidedBy: verdict == .accept ? nil : rule(),
        delivery: Delivery(destination: verdict == .accept ? .local : .none(nil)), steps: [])
    }
    return Trace(
      verdict: .conditional, decidedBy: branches[0].decidedBy, delivery: branches[0].delivery,
      conditions: [
        Condition(
          holds: "limit rate 3/minute is not exceeded", fails: "limit rate 3/minute is exceeded",
          isLikely: first == .accept)
      ], branches: branches)
  }

  static func rule(
    _ verdict: TraceStep.Verdict = .drop, hook: Hook = .input, family: Family = .inet,
    table: String = "filter", chain: String = "input", path: [String]? = nil,
    expressions: [Expression] = [], comment: String? = nil
  ) -> TraceStep {
    TraceStep(
      hook: hook, family: family, table: table, chain: chain, handle: 12, verdict: verdict,
      path: path ?? [chain], rule: Rule(handle: 12, expressions: expressions, comment: comment))
  }

  static func policy(
    _ hook: Hook = .input, family: Family = .inet, table: String = "filter",
    chain: String = "input"
  ) -> TraceStep {
    TraceStep(
      hook: hook, family: family, table: table, chain: chain, handle: nil, verdict: .drop,
      isPolicy: true, path: [chain])
  }

  // MARK: Probes

  static let connected = ProbeOutcome(kind: .connected, roundTrip: .microseconds(120))
  static let reset = ProbeOutcome(kind: .refused, error: .connectionRefused)
  static let silence = ProbeOutcome(kind: .timeout, attempts: 2)

  static func error(_ number: ErrorNumber) -> ProbeOutcome {
    ProbeOutcome(kind: .error, error: number)
  }

  static func icmp(
    _ type: UInt8, _ code: UInt8, from: IPAddress = Net.router, isLocal: Bool = false
  ) -> ProbeOutcome {
    ProbeOutcome(
      kind: .icmp, error: .hostUnreachable,
      icmp: ICMPError(type: type, code: code, from: from, isLocal: isLocal))
  }
}
