import Model
import Probing
import TestSupport
import Testing

/// Errors from a host in between: the error queue names it.
@Suite(.needsRoot, .needs("ip"))
struct RouterTests {
  /// The server of the pair forwards for the client.
  private func pairWithRouter() throws -> PairFixture {
    let pair = try PairFixture()
    try pair.server.sysctl("net.ipv4.ip_forward", "1")
    try pair.server.sysctl("net.ipv6.conf.all.forwarding", "1")
    try pair.client.ip("route add default via 10.77.2.2")
    try pair.client.ip("-6 route add default via fd77::2")
    return pair
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let route: String?
    let four: (type: UInt8, code: UInt8, error: ErrorNumber)?
    let six: (type: UInt8, code: UInt8, error: ErrorNumber)?
    var testDescription: String { route ?? "no route" }
  }

  @Test func whatARouterSays() throws {
    let pair = try pairWithRouter()
    let cases = [
      Case(route: nil, four: (3, 0, .networkUnreachable), six: (1, 0, .networkUnreachable)),
      Case(
        route: "unreachable", four: (3, 1, .hostUnreachable), six: (1, 0, .networkUnreachable)),
      Case(route: "prohibit", four: (3, 13, .hostUnreachable), six: (1, 1, .accessDenied)),
      Case(route: "blackhole", four: nil, six: nil),
    ]
    for (number, given) in cases.enumerated() {
      // A destination of its own for each, so that rate limits and cached routes don't mix them up.
      let v4 = IPAddress(v4: 0xc000_0200 + UInt32(number))
      let v6 = IPAddress(v6: 0x2001_0db8 << 96 | UInt128(number))
      if let route = given.route {
        try pair.server.ip("route add \(route) \(v4)/32")
        try pair.server.ip("-6 route add \(route) \(v6)/128")
      }
      try check(pair, v4, given.four, "\(given.testDescription) v4")
      try check(pair, v6, given.six, "\(given.testDescription) v6")
    }
  }

  private func check(
    _ pair: PairFixture, _ address: IPAddress,
    _ expected: (type: UInt8, code: UInt8, error: ErrorNumber)?, _ name: Comment
  ) throws {
    // UDP too: its soft errors come through the error queue only.
    for transport in [TransportProtocol.tcp, .udp] {
      // A router answers a sender only now and then: the second SYN or question gets its turn.
      let settings = ProbeSettings(
        transport: transport, timeout: .milliseconds(expected == nil ? 300 : 2500))
      let outcome = try pair.probe(address, 80, settings)
      guard let expected else {
        #expect(outcome.kind == .timeout, name)
        continue
      }
      let router = PairFixture.server(address.family)
      #expect(outcome.kind == .icmp, name)
      #expect(outcome.error == expected.error, name)
      #expect(
        outcome.icmp == ICMPError(type: expected.type, code: expected.code, from: router), name)
    }
  }

  @Test func aNeighbourThatFailsAtTheRouter() throws {
    let pair = try pairWithRouter()
    let farther = try pair.network.addNamespace()
    try pair.network.connect(
      pair.server, "s1", ["10.78.0.1/24"], farther, "f0", ["10.78.0.2/24"])
    try pair.server.sysctl("net.ipv4.neigh.s1.mcast_solicit", "1")
    let address = try #require(IPAddress("10.78.0.99"))
    let outcome = try pair.probe(address, 80, ProbeSettings(timeout: .seconds(4)))
    #expect(outcome.kind == .icmp)
    #expect(outcome.icmp == ICMPError(type: 3, code: 1, from: PairFixture.serverV4))
    #expect(outcome.error == .hostUnreachable)
  }

  @Test func timeExceeded() throws {
    let pair = try pairWithRouter()
    try pair.server.ip("route add default via 10.77.2.1")
    try pair.server.ip("-6 route add default via fd77::1")
    try pair.client.sysctl("net.ipv4.ip_default_ttl", "1")
    try pair.client.sysctl("net.ipv6.conf.c0.hop_limit", "1")
    for (text, type) in [("192.0.2.9", 11), ("2001:db8::9", 3)] as [(String, UInt8)] {
      let address = try #require(IPAddress(text))
      for transport in [TransportProtocol.tcp, .udp] {
        let settings = ProbeSettings(transport: transport, timeout: .milliseconds(2500))
        let outcome = try pair.probe(address, 80, settings)
        let router = PairFixture.server(address.family)
        #expect(outcome.kind == .icmp, "\(text) \(transport)")
        #expect(outcome.icmp == ICMPError(type: type, code: 0, from: router))
        #expect(outcome.error == .hostUnreachable)
      }
    }
  }
}
