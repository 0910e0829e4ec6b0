import Model
import Testing

@testable import Diagnosis

/// Routes, links, neighbours, ICMP errors and what the kernel refuses.
@Suite struct PathCauseTests {
  private typealias S = Situation

  private static func failing(_ error: ErrorNumber) -> Evidence {
    with(S.remote(S.error(error), request: nil)) { $0.route = .failure(error) }
  }

  private static func routed(_ probe: ProbeOutcome, carrier: Bool = true) -> Evidence {
    with(S.remote(probe)) {
      $0.route = .route(
        type: .unicast, interface: InterfaceIndex(rawValue: 2), gateway: nil, source: nil,
        table: 254)
      $0.routeInterface = Interface(
        index: InterfaceIndex(rawValue: 2), name: "c0", hasCarrier: carrier)
    }
  }

  private static func blocked(
    _ obstacle: Delivery.Obstacle, isReply: Bool = false, listeners: [Listener]? = nil
  ) -> Evidence {
    let nowhere = S.passed(.none(obstacle))
    return S.arrival(
      listeners: listeners ?? [S.socket()], request: isReply ? S.passed(.local) : nowhere,
      reply: isReply ? nowhere : nil)
  }

  static let cases: [FindingCase] = [
    FindingCase("no route", failing(.networkUnreachable), .unreachable, .noRoute),
    FindingCase("blackhole", failing(.invalid), .unreachable, .routeBlackhole),
    FindingCase("unreachable", failing(.hostUnreachable), .unreachable, .routeUnreachable),
    FindingCase("prohibit", failing(.accessDenied), .unreachable, .routeProhibit),
    FindingCase(
      "no route, nothing sent",
      with(S.remote(.skipped)) { $0.route = .failure(.networkUnreachable) }, .unreachable,
      .noRoute),
    FindingCase("network down", S.remote(S.error(.networkDown)), .unreachable, .interfaceDown),
    FindingCase(
      "neighbour", routed(S.error(.hostUnreachable)), .unreachable, .neighbourFailed),
    FindingCase(
      "neighbour, by error queue",
      routed(S.icmp(3, 1, from: Net.client, isLocal: true)), .unreachable, .neighbourFailed),
    FindingCase(
      "neighbour, given up too early",
      with(routed(S.silence)) {
        $0.neighbour = Neighbour(
          address: Net.server, interface: InterfaceIndex(rawValue: 2), state: .incomplete)
      }, .unreachable, .neighbourFailed),
    FindingCase(
      "no carrier", routed(S.error(.hostUnreachable), carrier: false), .unreachable,
      .interfaceDown),
    FindingCase(
      "no carrier, in silence", routed(S.silence, carrier: false), .unreachable, .interfaceDown),
    FindingCase(
      "reverse path", blocked(.reversePath), .blocked, .reversePath),
    FindingCase(
      "reverse path before nothing", blocked(.reversePath, listeners: []), .filtered,
      .reversePath),
    FindingCase(
      "forwarding off", S.forwarded(S.passed(.none(.forwardingDisabled))), .filtered,
      .forwardingDisabled),
    FindingCase("martian", blocked(.martianSource), .blocked, .martian),
    FindingCase("no way back", blocked(.noRoute, isReply: true), .unreachable, .noReturnRoute),
    FindingCase(
      "no way on", S.forwarded(S.passed(.none(.noRoute))), .unreachable, .noRoute),
    FindingCase("TTL", S.forwarded(S.passed(.none(.timeToLive))), .unreachable, .ttlExceeded),
    FindingCase("ICMP TTL", S.remote(S.icmp(11, 0)), .unreachable, .ttlExceeded),
    FindingCase("ICMP net", S.remote(S.icmp(3, 0)), .unreachable, .netUnreachable),
    FindingCase("ICMP host", S.remote(S.icmp(3, 1)), .unreachable, .hostUnreachable),
    FindingCase("ICMP protocol", S.remote(S.icmp(3, 2)), .refused, .protocolUnreachable),
    FindingCase(
      "ICMP port, TCP", S.remote(S.icmp(3, 3, from: Net.server)), .refused, .portUnreachable),
    FindingCase("ICMP prohibited", S.remote(S.icmp(3, 13)), .refused, .icmpProhibited),
    FindingCase("ICMP host prohibited", S.remote(S.icmp(3, 10)), .refused, .icmpProhibited),
    FindingCase(
      "ICMPv6 prohibited", S.remote(S.icmp(1, 1, from: Net.server6)), .refused, .icmpProhibited),
    FindingCase(
      "ICMPv6 address", S.remote(S.icmp(1, 3, from: Net.server6)), .unreachable,
      .hostUnreachable),
    FindingCase(
      "ICMPv6 hop limit", S.remote(S.icmp(3, 0, from: Net.server6)), .unreachable, .ttlExceeded),
    FindingCase("RST", S.remote(S.reset), .refused, .remoteReset),
    FindingCase("silence", S.remote(S.silence), .filtered, .noAnswer),
    FindingCase(
      "EPERM, rules not known", S.remote(S.error(.notPermitted), request: nil), .filtered,
      .permission),
    FindingCase(
      "EACCES without a route's", S.remote(S.error(.accessDenied)), .unknown, .permission),
    FindingCase(
      "privileged source port",
      S.remote(with(S.error(.accessDenied)) { $0.failedToBind = true }), .unknown, .permission),
    FindingCase(
      "foreign source address",
      S.remote(with(S.error(.addressNotAvailable)) { $0.failedToBind = true }), .unknown,
      .sourceUnavailable),
    FindingCase(
      "EPERM from connect is not netfilter's",
      S.remote(S.error(.notPermitted), request: S.stopped(.drop)), .filtered, .permission),
    FindingCase(
      "the router has no route itself",
      S.forwarded(S.passed(.forward), S.error(.networkUnreachable)), .unreachable, .noRoute),
    FindingCase("descriptors", S.remote(S.error(.processFiles)), .unknown, .localError),
  ]

  @Test(arguments: cases) func cause(of situation: FindingCase) { situation.check() }
}
