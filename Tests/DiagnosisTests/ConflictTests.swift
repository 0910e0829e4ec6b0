import Model
import Testing

@testable import Diagnosis

/// Evidence that disagrees, other filters, and missing privilege.
@Suite struct ConflictTests {
  private typealias S = Situation

  private static let program = OtherFilter(
    kind: .xdp, direction: .inbound, interface: "s0", detail: "a program")
  private static let policy = OtherFilter(
    kind: .ipsecPolicy, direction: .inbound, detail: "dir in blocks",
    selector: OtherFilter.Selector(source: Prefix(Net.client, length: 24)), drops: true)

  private static func filtered(_ evidence: Evidence, _ filters: OtherFilter...) -> Evidence {
    with(evidence) { $0.otherFilters = filters }
  }

  static let cases: [FindingCase] = [
    FindingCase("silence against the rules", S.own(S.silence), .filtered, .evidenceConflict),
    FindingCase("RST against the sockets", S.own(S.reset), .refused, .evidenceConflict),
    FindingCase(
      "connected against a drop", S.own(S.connected, request: S.stopped(.drop)), .open,
      .evidenceConflict),
    FindingCase(
      "connected with nothing there", S.own(S.connected, listeners: []), .open,
      .evidenceConflict),
    FindingCase(
      "RST through a drop", S.remote(S.reset, request: S.stopped(.drop)), .refused,
      .evidenceConflict),
    FindingCase(
      "silence explained by XDP", filtered(S.own(S.silence), program), .blocked, .otherFilter),
    FindingCase(
      "silence explained by legacy tables",
      filtered(
        S.own(S.silence),
        OtherFilter(kind: .legacyTable, direction: .both, detail: "12 rules", table: "filter")),
      .blocked, .legacyIptables),
    FindingCase(
      "a harmless legacy table explains nothing",
      filtered(
        S.own(S.silence),
        OtherFilter(kind: .legacyTable, direction: .both, detail: "empty", isHarmless: true)),
      .filtered, .evidenceConflict),
    FindingCase(
      "IPsec policy for this source", filtered(S.arrival(), policy), .blocked, .otherFilter),
    FindingCase(
      "IPsec policy for another source",
      filtered(
        S.arrival(),
        with(policy) { $0.selector?.source = Prefix(Net.container, length: 24) }), .open,
      .allowed),
    FindingCase(
      "IPsec policy on the answer's way out",
      filtered(
        S.arrival(),
        with(policy) {
          $0.direction = .outbound
          $0.selector = OtherFilter.Selector(destination: Prefix(Net.client, length: 24))
        }), .blocked, .otherFilter),
    FindingCase(
      "IPsec policy for what is forwarded",
      filtered(S.arrival(), with(policy) { $0.direction = .both }),
      .open, .allowed),
    FindingCase(
      "no IPsec on loopback", filtered(S.own(S.silence), with(policy) { $0.selector = nil }),
      .filtered, .evidenceConflict),
    FindingCase(
      "XDP on another device", filtered(S.arrival(), with(program) { $0.interface = "s1" }), .open,
      .allowed),
    FindingCase(
      "BPF on the asker's cgroup is not the service's",
      filtered(S.arrival(), OtherFilter(kind: .cgroupBPF, direction: .inbound, detail: "ingress")),
      .open, .allowed),
    FindingCase(
      "own IPsec policy swallows the answer",
      filtered(
        S.remote(S.silence),
        with(policy) {
          $0.selector = OtherFilter.Selector(source: Prefix(Net.server, length: 32))
        }),
      .filtered, .otherFilter),
    FindingCase(
      "XDP may drop", filtered(S.arrival(), program), .open, .otherFilter, isConditional: true),
    FindingCase(
      "XDP did not drop", filtered(S.own(S.connected), program), .open, .connected),
    FindingCase(
      "EPERM by cgroup BPF",
      filtered(
        S.remote(S.error(.notPermitted)),
        OtherFilter(kind: .cgroupBPF, direction: .outbound, detail: "connect4")), .filtered,
      .otherFilter),
    FindingCase(
      "unprivileged, open", S.own(S.connected, request: nil), .open, .connected),
    FindingCase(
      "unprivileged, NAT unseen", S.own(S.connected, listeners: [], request: nil), .open,
      .connected),
    FindingCase(
      "unprivileged, closed", S.own(S.reset, listeners: [], request: nil), .closed, .noListener),
    FindingCase(
      "unprivileged, refused with a listener", S.own(S.reset, request: nil), .blocked,
      .remoteReset),
    FindingCase(
      "unprivileged, silent with a listener", S.own(S.silence, request: nil), .blocked,
      .noAnswer),
    FindingCase(
      "unprivileged, silent UDP", S.own(S.silence, request: nil, transport: .udp),
      .openOrFiltered, .noAnswer),
    FindingCase(
      "unprivileged, from elsewhere", with(S.arrival()) { $0.firewall = nil }, .unknown,
      .firewallUnknown),
    FindingCase(
      "unprivileged, closed for all", with(S.arrival(listeners: [])) { $0.firewall = nil },
      .closed, .noListener),
    FindingCase(
      "unprivileged, far and silent", S.remote(S.silence, request: nil), .filtered, .noAnswer),
    FindingCase("nothing sent", S.remote(.skipped), .unknown, .notProbed),
  ]

  @Test(arguments: cases) func cause(of situation: FindingCase) { situation.check() }

  @Test func aConflictShowsBothSidesAndReasons() {
    let finding = Diagnostician().finding(for: Situation.own(Situation.silence))
    #expect(finding.summary.contains("lets the packet and its answer through"))
    #expect(finding.summary.contains("no answer came"))
    #expect(finding.details.filter { $0.hasPrefix("perhaps ") }.count >= 2)
  }

  @Test func everyCellOfTheTableButOneHasAState() {
    var empty: [StateTable.Cell] = []
    for passage in [Passage.passes, .rejects, .drops] {
      for presence in [Presence.listening, .nothing, .unknown] {
        let cell = StateTable.Cell(passage: passage, presence: presence)
        if StateTable.states[cell] == nil { empty.append(cell) }
      }
    }
    #expect(empty == [StateTable.Cell(passage: .passes, presence: .unknown)])
  }
}
