import Glibc
import Model
import Probing
import TestSupport
import Testing

/// Many probes at once; on loopback.
@Suite(.serialized)
struct ProbeEngineTests {
  private let loopback = [ScopedAddress(.loopbackV4)]

  @Test func thousandsOfPorts() throws {
    let peer = try Peer.tcp { _ in }
    defer { peer.stop() }
    let first = max(1, Int(peer.port.number) - 4000)
    let ports = (first...Int(peer.port.number)).map { Port(UInt16($0)) }
    let plan = ProbePlan(
      targets: loopback + [ScopedAddress(.loopbackV6)], ports: ports,
      settings: ProbeSettings(timeout: .seconds(2)))
    var outcomes: [ProbePlan.Position: ProbeOutcome] = [:]
    let completion = ProbeEngine().run(plan) { position, outcome in
      #expect(outcomes.updateValue(outcome, forKey: position) == nil)
    }
    #expect(completion == .finished)
    #expect(outcomes.count == plan.count)
    let open = ProbePlan.Position(target: 0, port: ports.count - 1)
    #expect(outcomes[open]?.kind == .connected)
    // What else listens on this machine is none of our business.
    let refused = outcomes.values.filter { $0.kind == .refused }.count
    #expect(refused > plan.count - 100)
  }

  /// The kernel may choose the port asked for as source; the socket then talks to itself.
  @Test(.needsRoot, arguments: [TransportProtocol.tcp, .udp])
  func noPortIsOpenByTalkingToItself(_ transport: TransportProtocol) throws {
    let network = NamespaceFixture()
    let namespace = try network.addNamespace()
    // Ten ports to choose from: a self-connection is certain, again and again.
    try namespace.sysctl("net.ipv4.ip_local_port_range", "40000 40009")
    let connected = try namespace.inside {
      let plan = ProbePlan(
        targets: [ScopedAddress(.loopbackV4)], ports: (40000...40009).map { Port($0) },
        settings: ProbeSettings(transport: transport, timeout: .milliseconds(300)))
      var connected = 0
      for _ in 0..<20 {
        _ = ProbeEngine().run(plan) { _, outcome in
          if outcome.kind == .connected { connected += 1 }
        }
      }
      return connected
    }
    #expect(connected == 0)
  }

  /// In a process of its own, whose limit is nobody else's.
  @Test(.needsRoot, .needs("ip", "nft")) func fewerDescriptorsThanProbes() async {
    await #expect(processExitsWith: .success) {
      let network = NamespaceFixture()
      let namespace = try network.addNamespace()
      // Silent, so that each probe holds its descriptor until its deadline.
      try namespace.loadRuleset(
        "table inet t { chain c { type filter hook input priority 0; tcp dport 1-60 drop; }; }")
      let kinds = try namespace.inside {
        limitDescriptors(to: 40)
        // All but six are taken: one for epoll, five for sockets; the engine expects eight.
        var last: Int32 = 0
        while let next = Optional(open("/dev/null", O_RDONLY)), next >= 0 { last = next }
        for number in (last - 5)...last { close(number) }
        let plan = ProbePlan(
          targets: [ScopedAddress(.loopbackV4)], ports: (1...60).map { Port($0) },
          settings: ProbeSettings(timeout: .milliseconds(100)))
        var kinds: [ProbeOutcome.Kind: Int] = [:]
        _ = ProbeEngine().run(plan) { _, outcome in kinds[outcome.kind, default: 0] += 1 }
        return kinds
      }
      limitDescriptors(to: 100)
      network.cleanUp()
      try #require(kinds == [.timeout: 60])
    }
  }

  @Test func noDescriptorAtAll() async {
    await #expect(processExitsWith: .success) {
      limitDescriptors(to: 1)
      let plan = ProbePlan(targets: [ScopedAddress(.loopbackV4)], ports: [Port(1), Port(2)])
      var errors: [ErrorNumber?] = []
      _ = ProbeEngine().run(plan) { _, outcome in errors.append(outcome.error) }
      try #require(errors == [.processFiles, .processFiles])
    }
  }

  @Test func anInterruptionKeepsWhatIsKnown() throws {
    let peer = try Peer.udp { _ in nil }
    defer { peer.stop() }
    let silent = ProbePlan(
      targets: loopback, ports: [peer.port],
      settings: ProbeSettings(transport: .udp, timeout: .seconds(30)))
    let clock = ContinuousClock()
    let start = clock.now
    var results = 0
    let isInterrupted = { clock.now - start > .milliseconds(200) }
    let completion = ProbeEngine().run(silent, isInterrupted: isInterrupted) { _, _ in results += 1
    }
    #expect(completion == .interrupted)
    #expect(results == 0)
    #expect(clock.now - start < .seconds(2))
  }

  @Test func theFirstResultsComeBeforeTheLast() throws {
    let peer = try Peer.udp { _ in nil }
    defer { peer.stop() }
    let answering = try Peer.udp { $0 }
    defer { answering.stop() }
    let plan = ProbePlan(
      targets: loopback, ports: [peer.port, answering.port],
      settings: ProbeSettings(transport: .udp, timeout: .milliseconds(300)))
    var order: [ProbeOutcome.Kind] = []
    _ = ProbeEngine().run(plan) { _, outcome in order.append(outcome.kind) }
    #expect(order == [.connected, .timeout])
  }

  @Test func omittedPortsAreNotProbed() {
    let ports = (1...100).map { Port($0) }
    var plan = ProbePlan(targets: loopback, ports: ports)
    plan.omitted[0] = ports.map { $0.number != 7 }
    #expect(plan.count == loopback.count * 100 - 99)
    var first: [Int] = []
    var others = 0
    _ = ProbeEngine().run(plan) { position, _ in
      if position.target == 0 { first.append(position.port) } else { others += 1 }
    }
    #expect(first == [6])
    #expect(others == (loopback.count - 1) * 100)
  }

  @Test func anEmptyPlanIsDone() {
    let plan = ProbePlan(targets: [], ports: [Port(1)])
    #expect(ProbeEngine().run(plan) { _, _ in } == .finished)
  }

  @Test func aTimeoutOfZeroEnds() throws {
    let peer = try Peer.udp { _ in nil }
    defer { peer.stop() }
    let settings = ProbeSettings(transport: .udp, timeout: .zero)
    let request = ProbeRequest(loopback[0], port: peer.port, settings: settings)
    #expect(ProbeEngine().probe(request)?.kind == .timeout)
  }

  @Test func oneProbeIsQuick() throws {
    let peer = try Peer.tcp { _ in }
    defer { peer.stop() }
    let request = ProbeRequest(loopback[0], port: peer.port)
    let clock = ContinuousClock()
    var best = Duration.seconds(1)
    for _ in 0..<20 {
      let start = clock.now
      #expect(ProbeEngine().probe(request)?.kind == .connected)
      best = min(best, clock.now - start)
    }
    // Measured at about 0.05 ms; the bound leaves room for a busy machine and a debug build.
    #expect(best < .milliseconds(5))
  }
}

/// Sets how many files this process may have open; where privilege allows it, for good.
private func limitDescriptors(to count: UInt) {
  var limit = rlimit(rlim_cur: count, rlim_max: count)
  setrlimit(__rlimit_resource_t(7), &limit)
}
