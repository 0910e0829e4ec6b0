import Diagnosis
import Model

/// Rows as a check would hand them over.
enum Sample {
  static let port = Port(8080)
  static let client = address("10.77.1.2")
  static let server = address("10.77.2.2")

  static func address(_ text: String) -> IPAddress {
    guard let address = IPAddress(text) else { fatalError("not an address: \(text)") }
    return address
  }

  /// Rule text as the renderer would give it.
  static let describe: RuleDescriberForTests = { step in
    step.handle == 12 ? "tcp dport 8080 drop" : "tcp dport \(step.handle ?? 0) accept"
  }

  typealias RuleDescriberForTests = @Sendable (TraceStep) -> String

  static let nginx = Listener(
    transport: .tcp, address: .anyV4, port: port, backlog: 511, inode: 4242, userID: 33,
    user: "www-data", unit: "nginx.service", program: Program(pid: 812, command: "nginx"))

  static let drop = TraceStep(
    hook: .input, family: .inet, table: "filter", chain: "services", handle: 12, verdict: .drop,
    path: ["input", "services"], rule: Rule(handle: 12, expressions: [], comment: "no \u{1b}[2Jweb")
  )

  static func evidence(
    origin: Origin = .here, probe: ProbeOutcome = .skipped, listeners: [Listener]? = nil,
    near: [ListenerEvidence.NearMiss] = [], request: Trace? = nil, reply: Trace? = nil,
    port: Port = port, transport: TransportProtocol = .tcp
  ) -> Evidence {
    Evidence(
      flow: Flow(transport: transport, destination: server, port: port, origin: origin),
      probe: probe, isTargetLocal: listeners != nil,
      listeners: listeners.map {
        ListenerEvidence(matching: $0, near: near, endpoint: Endpoint(server, port: port))
      },
      firewall: request.map { FirewallEvidence(request: $0, reply: reply) })
  }

  static func trace(
    _ verdict: Trace.Verdict, by step: TraceStep? = nil, rejection: Rejection? = nil
  ) -> Trace {
    Trace(
      verdict: verdict, rejection: rejection, decidedBy: step,
      delivery: Delivery(destination: verdict == .accept ? .local : .none(nil)),
      steps: step.map { [$0] } ?? [])
  }

  static func result(
    _ evidence: Evidence, service: String? = "http-alt", target: String = "db1"
  ) -> CheckResult {
    var isInformational = false
    if case .outside = evidence.flow.origin { isInformational = true }
    return CheckResult(
      evidence: evidence, finding: Diagnostician().finding(for: evidence), service: service,
      target: target, isInformational: isInformational)
  }

  static let connected = ProbeOutcome(
    kind: .connected, roundTrip: .microseconds(120), banner: Array("SSH-2.0-lab_1\r\n".utf8),
    source: Endpoint(client, port: Port(43210)))

  static let open = result(
    evidence(probe: connected, listeners: [nginx], request: trace(.accept)))

  static let blocked = result(
    evidence(
      origin: .address(client, port: nil, interface: nil), listeners: [nginx],
      request: trace(.drop, by: drop)))

  static let rejected: CheckResult = {
    var step = drop
    step.verdict = .reject
    return result(
      evidence(
        origin: .address(client, port: Port(900), interface: "s0"), listeners: [nginx],
        request: trace(.reject, by: step, rejection: .tcpReset)))
  }()

  static let closed = result(
    evidence(
      origin: .address(client, port: nil, interface: nil), listeners: [],
      near: [
        ListenerEvidence.NearMiss(
          listener: Listener(
            transport: .tcp, address: .loopbackV4, port: port, backlog: 5, userID: 1000,
            program: Program(pid: 9, command: "py\u{202e}thon\n")), reason: .address)
      ], request: trace(.accept)))

  static let prohibited = result(
    evidence(
      probe: ProbeOutcome(
        kind: .icmp, error: .hostUnreachable,
        icmp: ICMPError(type: 3, code: 13, from: address("10.77.1.1")),
        roundTrip: .microseconds(310), source: Endpoint(client, port: Port(43210))),
      request: trace(.accept)))

  static let silent = result(
    evidence(probe: ProbeOutcome(kind: .timeout, attempts: 3)), service: nil, target: "10.77.2.2")

  static let conditional: CheckResult = {
    let branch = { (verdict: Trace.Verdict) in
      Trace.Branch(
        verdict: verdict,
        when: ["limit rate over 3/minute is \(verdict == .drop ? "" : "not ")hit"],
        decidedBy: verdict == .drop ? drop : nil, delivery: Delivery(destination: .local), steps: []
      )
    }
    let hanging = Trace(
      verdict: .conditional, delivery: Delivery(destination: .local),
      conditions: [
        Condition(
          holds: "limit rate over 3/minute is not hit", fails: "limit rate over 3/minute is hit")
      ], branches: [branch(.accept), branch(.drop)])
    return result(
      evidence(
        origin: .address(client, port: nil, interface: nil), listeners: [nginx], request: hanging))
  }()

  static let outside = result(
    evidence(
      origin: .outside(interface: "s0", source: address("192.0.2.1"), isBeyondGateway: true),
      listeners: [nginx], request: trace(.drop, by: drop)))

  /// Rows of a scan: an open port, many closed, one blocked.
  static let scan: [CheckResult] =
    [open]
    + (9000..<9030).map { number in
      result(
        evidence(
          probe: ProbeOutcome(kind: .refused, error: .connectionRefused), listeners: [],
          request: trace(.accept), port: Port(number)), service: nil)
    } + [
      result(
        evidence(
          probe: ProbeOutcome(kind: .timeout, attempts: 2), listeners: [nginx],
          request: trace(.drop, by: drop), port: Port(9443)), service: "tungsten-https")
    ]
}
