import Model
import Testing

@testable import Diagnosis

/// What rulesets decide, and how it joins with listeners and probes.
@Suite struct FirewallCauseTests {
  private typealias S = Situation

  static let cases: [FindingCase] = [
    FindingCase(
      "drop before a listener", S.arrival(request: S.stopped(.drop)), .blocked, .firewallDrop),
    FindingCase(
      "drop before nothing", S.arrival(listeners: [], request: S.stopped(.drop)), .filtered,
      .firewallDrop),
    FindingCase(
      "policy", S.arrival(request: S.stopped(.drop, by: S.policy())), .blocked, .firewallDrop),
    FindingCase(
      "reject before a listener",
      S.arrival(request: S.stopped(.reject, by: S.rule(.reject), rejection: .tcpReset)), .blocked,
      .firewallReject),
    FindingCase(
      "reject before nothing", S.arrival(listeners: [], request: S.stopped(.reject)), .refused,
      .firewallReject),
    FindingCase(
      "queue without reader", S.arrival(request: S.stopped(.queue)), .blocked, .firewallQueue),
    FindingCase(
      "stolen", S.arrival(request: S.stopped(.stolen)), .blocked, .firewallDrop),
    FindingCase(
      "the answer is dropped", S.arrival(reply: S.stopped(.drop, by: S.rule(hook: .output))),
      .blocked, .firewallDrop),
    FindingCase(
      "legacy",
      S.arrival(request: S.stopped(.drop, by: with(S.rule()) { $0.isLegacy = true })), .blocked,
      .legacyIptables),
    FindingCase(
      "own output drops", S.remote(S.silence, request: S.stopped(.drop), reply: nil), .filtered,
      .firewallDrop),
    FindingCase(
      "own output drops, UDP",
      S.remote(S.error(.notPermitted), request: S.stopped(.drop), reply: nil, transport: .udp),
      .filtered, .firewallDrop),
    FindingCase(
      "own output drops, nothing sent",
      S.remote(.skipped, request: S.stopped(.drop), reply: nil), .filtered, .firewallDrop),
    FindingCase(
      "own output resets",
      S.remote(S.reset, request: S.stopped(.reject, rejection: .tcpReset), reply: nil), .refused,
      .firewallReject),
    FindingCase(
      "own output prohibits",
      S.remote(
        S.icmp(3, 13, from: Net.client, isLocal: true), request: S.stopped(.reject), reply: nil),
      .refused, .firewallReject),
    FindingCase(
      "own output says host unreachable",
      S.remote(
        with(S.error(.hostUnreachable)) {
          $0.icmp = ICMPError(type: 3, code: 1, from: Net.client, isLocal: true)
        }, request: S.stopped(.reject), reply: nil), .refused, .firewallReject),
    FindingCase(
      "own input drops the answer", S.remote(S.silence, reply: S.stopped(.drop, by: S.policy())),
      .filtered, .firewallDrop),
    FindingCase(
      "own input rejects the answer: silence", S.remote(S.silence, reply: S.stopped(.reject)),
      .filtered, .firewallReject),
    FindingCase(
      "own input would drop a SYN-ACK, but a RST came",
      S.remote(S.reset, reply: S.stopped(.drop)), .refused, .remoteReset),
    FindingCase(
      "own target dropped", S.own(S.silence, request: S.stopped(.drop)), .blocked,
      .firewallDrop),
    FindingCase("router drops", S.forwarded(S.stopped(.drop)), .filtered, .firewallDrop),
    FindingCase(
      "router drops, and was answered itself", S.forwarded(S.stopped(.drop), S.connected),
      .blocked, .firewallDrop),
    FindingCase("router rejects", S.forwarded(S.stopped(.reject)), .refused, .firewallReject),
    FindingCase("router passes, unasked", S.forwarded(S.passed(.forward)), .unknown, .notProbed),
    FindingCase(
      "router passes, and was answered", S.forwarded(S.passed(.forward), S.connected), .open,
      .allowed),
    FindingCase(
      "router passes, and was refused", S.forwarded(S.passed(.forward), S.reset), .refused,
      .remoteReset),
    FindingCase(
      "container's own ruleset drops",
      with(S.arrival()) {
        $0.firewall?.further = [
          FirewallEvidence.Further(place: "netns:web", request: S.stopped(.drop))
        ]
      }, .blocked, .firewallDrop),
    FindingCase(
      "most likely in", S.arrival(request: S.hanging(.accept, .drop)), .open, .conditional,
      isConditional: true),
    FindingCase(
      "most likely out", S.arrival(request: S.hanging(.drop, .accept)), .blocked, .conditional,
      isConditional: true),
    FindingCase(
      "most likely in, and was", S.own(S.connected, request: S.hanging(.accept, .drop)), .open,
      .connected, isConditional: true),
    FindingCase(
      "most likely in, and was not", S.own(S.silence, request: S.hanging(.accept, .drop)),
      .blocked, .conditional, isConditional: true),
    FindingCase(
      "most likely in, and nothing there",
      S.arrival(listeners: [], request: S.hanging(.accept, .drop)), .closed, .noListener,
      isConditional: true),
    FindingCase(
      "a condition settled by a later drop",
      S.arrival(request: S.hanging(.accept, .drop), reply: S.stopped(.drop)), .blocked,
      .firewallDrop),
  ]

  @Test(arguments: cases) func cause(of situation: FindingCase) { situation.check() }

  @Test func decidedByNamesDirectionAndPlace() throws {
    let evidence = with(Situation.arrival()) {
      $0.firewall?.further = [
        FirewallEvidence.Further(
          place: "netns:web", request: Situation.passed(.local),
          reply: Situation.stopped(.drop, by: Situation.rule(hook: .output, chain: "output")))
      ]
    }
    let firewall = try #require(Diagnostician().finding(for: evidence).firewall)
    #expect(firewall.direction == .reply)
    #expect(firewall.place == "netns:web")
    #expect(firewall.decidedBy?.chain == "output")
    #expect(firewall.verdict == .drop)
  }

  @Test func conditionsAreListed() throws {
    let evidence = Situation.arrival(request: Situation.hanging(.accept, .drop))
    let firewall = try #require(Diagnostician().finding(for: evidence).firewall)
    #expect(firewall.verdict == .conditional)
    #expect(firewall.conditions.map(\.holds) == ["limit rate 3/minute is not exceeded"])
  }

  @Test func aRejectionSaysWhatItLooksLike() {
    let evidence = Situation.arrival(
      request: Situation.stopped(.reject, rejection: .tcpReset))
    let details = Diagnostician().finding(for: evidence).details
    #expect(details.contains { $0.contains("the same as a closed port") })
  }
}
