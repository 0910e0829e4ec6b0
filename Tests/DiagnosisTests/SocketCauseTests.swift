import Model
import Testing

@testable import Diagnosis

/// What sockets alone decide.
@Suite struct SocketCauseTests {
  static let cases: [FindingCase] = [
    FindingCase("open for the client", Situation.arrival(), .open, .allowed),
    FindingCase("open by handshake", Situation.remote(Situation.connected), .open, .connected),
    FindingCase("open by own handshake", Situation.own(Situation.connected), .open, .connected),
    FindingCase("closed", Situation.arrival(listeners: []), .closed, .noListener),
    FindingCase(
      "closed by own RST", Situation.own(Situation.reset, listeners: []), .closed, .noListener),
    FindingCase(
      "another address", Situation.arrival(listeners: [], near: [Situation.miss(.address)]),
      .closed, .wrongAddress),
    FindingCase(
      "another family", Situation.arrival(listeners: [], near: [Situation.miss(.family)]),
      .closed, .wrongFamily),
    FindingCase(
      "another device", Situation.arrival(listeners: [], near: [Situation.miss(.device)]),
      .closed, .wrongDevice),
    FindingCase(
      "another transport", Situation.arrival(listeners: [], near: [Situation.miss(.transport)]),
      .closed, .wrongProtocol),
    FindingCase(
      "loopback of both families",
      Situation.arrival(listeners: [], near: [Situation.miss(.family), Situation.miss(.address)]),
      .closed, .wrongAddress),
    FindingCase(
      "another namespace",
      with(Situation.arrival(listeners: [], near: [Situation.miss(.transport)])) {
        $0.listeners?.elsewhere = [
          NamespaceListeners(namespace: "blue", selector: "blue", listeners: [Situation.socket()])
        ]
      }, .closed, .otherNamespace),
    FindingCase(
      "another namespace, but for UDP",
      with(Situation.arrival(listeners: [])) {
        $0.listeners?.elsewhere = [
          NamespaceListeners(
            namespace: "blue", selector: "blue", listeners: [Situation.socket(transport: .udp)])
        ]
      }, .closed, .noListener),
    FindingCase(
      "full accept queue",
      Situation.arrival(listeners: [Situation.socket(queue: 2, backlog: 1)]), .filtered,
      .backlogFull),
    FindingCase(
      "full accept queue, seen from here",
      Situation.own(Situation.silence, listeners: [Situation.socket(queue: 2, backlog: 1)]),
      .filtered, .backlogFull),
    FindingCase(
      "one of two accept queues is full",
      Situation.arrival(listeners: [Situation.socket(queue: 2, backlog: 1), Situation.socket()]),
      .open, .allowed),
    FindingCase(
      "the probe itself filled the queue",
      with(Situation.arrival(listeners: [Situation.socket(queue: 1, backlog: 0)])) {
        $0.probe = Situation.connected
      }, .open, .allowed),
    FindingCase(
      "NAT to a closed port", translated(with(Situation.arrival(listeners: [])) { _ in }), .closed,
      .natTargetClosed),
    FindingCase("NAT to an open port", translated(Situation.arrival()), .open, .allowed),
    FindingCase(
      "UDP open and silent", Situation.own(Situation.silence, transport: .udp), .open, .allowed),
    FindingCase("UDP from outside", Situation.arrival(transport: .udp), .open, .allowed),
    FindingCase(
      "UDP closed", Situation.arrival(listeners: [], transport: .udp), .closed, .noListener),
    FindingCase(
      "UDP answered", Situation.remote(Situation.connected, transport: .udp), .open, .connected),
    FindingCase(
      "UDP silent, far away", Situation.remote(Situation.silence, transport: .udp),
      .openOrFiltered, .noAnswer),
    FindingCase(
      "UDP refused, far away",
      Situation.remote(
        with(Situation.reset) { $0.icmp = ICMPError(type: 3, code: 3, from: Net.server) },
        transport: .udp), .refused, .portUnreachable),
  ]

  private static func translated(_ evidence: Evidence) -> Evidence {
    with(evidence) {
      $0.firewall?.isTranslated = true
      $0.listeners?.endpoint = Endpoint(Net.container, port: Port(80))
      $0.listeners?.namespace = "web"
    }
  }

  @Test(arguments: cases) func cause(of situation: FindingCase) { situation.check() }

  @Test func namesTheListenerThatIsNear() {
    let near = Situation.miss(.address, Situation.socket(.loopbackV4))
    let finding = Diagnostician().finding(for: Situation.arrival(listeners: [], near: [near]))
    #expect(finding.summary == "nginx listens on 127.0.0.1:8080 only, not on 10.77.2.2")
    #expect(finding.suggestion?.contains("10.77.2.2:8080 or 0.0.0.0:8080") == true)
  }
}
