import Model
import Probing
import TestSupport
import Testing

/// What this host's own routing says, for TCP and UDP.
@Suite(.needsRoot, .needs("ip"))
struct LocalErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let route: String?
    let error: ErrorNumber
    var testDescription: String { route ?? "no route" }
  }

  @Test(
    arguments: [
      Case(route: nil, error: .networkUnreachable),
      Case(route: "unreachable", error: .hostUnreachable),
      Case(route: "prohibit", error: .accessDenied),
      Case(route: "blackhole", error: .invalid),
    ])
  func ownRoute(_ given: Case) throws {
    let pair = try PairFixture()
    if let route = given.route {
      try pair.client.ip("route add \(route) 192.0.2.0/24")
      try pair.client.ip("-6 route add \(route) 2001:db8::/32")
    }
    for text in ["192.0.2.7", "2001:db8::7"] {
      for transport in [TransportProtocol.tcp, .udp] {
        let address = try #require(IPAddress(text))
        let settings = ProbeSettings(transport: transport, timeout: .milliseconds(600))
        let outcome = try pair.probe(address, 80, settings)
        #expect(outcome.kind == .error)
        #expect(outcome.error == given.error)
        #expect(outcome.icmp == nil)
        #expect(!outcome.failedToBind)
      }
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: IPFamily.allCases)
  func neighbourFails(_ family: IPFamily) throws {
    let pair = try PairFixture()
    for kind in ["ipv4.neigh.c0.mcast_solicit", "ipv6.neigh.c0.mcast_solicit"] {
      try pair.client.sysctl("net.\(kind)", "1")
    }
    let address = try #require(IPAddress(family == .v4 ? "10.77.2.99" : "fd77::99"))
    for transport in [TransportProtocol.tcp, .udp] {
      let settings = ProbeSettings(transport: transport, timeout: .seconds(4))
      let outcome = try pair.probe(address, 80, settings)
      #expect(outcome.kind == .error)
      #expect(outcome.error == .hostUnreachable)
      #expect(outcome.icmp?.isLocal == true)
      #expect(outcome.icmp?.from == PairFixture.client(family))
    }
  }

  @Test(arguments: [TransportProtocol.tcp, .udp])
  func foreignSource(_ transport: TransportProtocol) throws {
    let pair = try PairFixture()
    let outcome = try pair.probe(
      PairFixture.serverV4, 80,
      ProbeSettings(
        transport: transport, source: IPAddress("192.0.2.1"), timeout: .milliseconds(300)))
    #expect(outcome.kind == .error)
    #expect(outcome.error == .addressNotAvailable)
    #expect(outcome.failedToBind)
  }

  @Test func sourceAddressAndPort() throws {
    let pair = try PairFixture()
    try pair.client.ip("address add 10.77.2.50/24 dev c0")
    let listener = try TestListener(on: PairFixture.serverV4, in: pair.server)
    let source = try #require(IPAddress("10.77.2.50"))
    // Twice: the first must leave nothing behind that keeps the port.
    for _ in 0..<2 {
      let outcome = try pair.probe(
        PairFixture.serverV4, listener.port, ProbeSettings(source: source, sourcePort: Port(4321)))
      #expect(outcome.kind == .connected)
      #expect(outcome.source == Endpoint(source, port: Port(4321)))
    }
  }

  @Test func linkLocalAddressWithScope() throws {
    let pair = try PairFixture()
    try pair.server.ip("address add fe80::77/64 dev s0 nodad")
    try pair.client.ip("address add fe80::76/64 dev c0 nodad")
    let address = try #require(IPAddress("fe80::77"))
    let client = pair.client
    let outcome = try client.inside {
      let target = try NameResolution().addresses(of: .address(address, scope: "c0"))
      return target.first.flatMap { ProbeEngine().probe(ProbeRequest($0, port: Port(9))) }
    }
    #expect(outcome?.kind == .refused)
    #expect(throws: ResolutionError.self) {
      try client.inside { try NameResolution().addresses(of: .address(address, scope: "gone0")) }
    }
    #expect(throws: ResolutionError.self) {
      try NameResolution().addresses(of: .address(address, scope: nil))
    }
  }

  @Test func unknownDevice() throws {
    let pair = try PairFixture()
    let outcome = try pair.probe(PairFixture.serverV4, 80, ProbeSettings(device: "nosuch0"))
    #expect(outcome.kind == .error)
    #expect(outcome.error?.rawValue == 19)  // ENODEV
  }
}
