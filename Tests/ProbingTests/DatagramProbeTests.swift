import Model
import Probing
import TestSupport
import Testing

@Suite(.needsRoot, .needs("ip", "nft"))
struct DatagramProbeTests {
  private let settings = ProbeSettings(
    transport: .udp, timeout: .milliseconds(300), wantsBanner: true)

  private static func ruleset(_ hook: String, _ statement: String) -> String {
    """
    table inet t {
      chain c {
        type filter hook \(hook) priority 0; policy accept;
        udp dport 8080 \(statement)
      }
    }
    """
  }

  @Test(arguments: IPFamily.allCases)
  func answered(_ family: IPFamily) throws {
    let pair = try PairFixture()
    let address = PairFixture.server(family)
    let peer = try Peer.udp(on: address, in: pair.server) { Array("got ".utf8) + $0 }
    defer { peer.stop() }
    let outcome = try pair.probe(address, peer.port.number, settings)
    #expect(outcome.kind == .connected)
    #expect(outcome.banner == Array("got \n".utf8))
    #expect(outcome.attempts == 1)
    #expect(outcome.source?.address == PairFixture.client(family))
  }

  @Test(arguments: IPFamily.allCases)
  func portUnreachable(_ family: IPFamily) throws {
    let pair = try PairFixture()
    let address = PairFixture.server(family)
    let outcome = try pair.probe(address, 8080, settings)
    #expect(outcome.kind == .icmp)
    #expect(outcome.error == .connectionRefused)
    let (type, code): (UInt8, UInt8) = family == .v4 ? (3, 3) : (1, 4)
    #expect(outcome.icmp == ICMPError(type: type, code: code, from: address))
  }

  @Test(arguments: IPFamily.allCases)
  func silence(_ family: IPFamily) throws {
    let pair = try PairFixture()
    let address = PairFixture.server(family)
    let peer = try Peer.udp(on: address, in: pair.server) { _ in nil }
    defer { peer.stop() }
    let outcome = try pair.probe(address, peer.port.number, settings)
    #expect(outcome.kind == .timeout)
    #expect(outcome.attempts == 3)
    #expect(outcome.source != nil)
  }

  @Test func theSecondQuestionIsAnswered() throws {
    let pair = try PairFixture()
    let count = Counter()
    let peer = try Peer.udp(on: PairFixture.serverV4, in: pair.server) { bytes in
      count.next() < 2 ? nil : bytes
    }
    defer { peer.stop() }
    let outcome = try pair.probe(PairFixture.serverV4, peer.port.number, settings)
    #expect(outcome.kind == .connected)
    #expect(outcome.attempts == 2)
  }

  @Test(arguments: IPFamily.allCases)
  func ownOutputDrops(_ family: IPFamily) throws {
    let pair = try PairFixture()
    try pair.client.loadRuleset(Self.ruleset("output", "drop"))
    let outcome = try pair.probe(PairFixture.server(family), 8080, settings)
    #expect(outcome.kind == .error)
    #expect(outcome.error == .notPermitted)
    #expect(outcome.icmp == nil)
  }

  @Test func ownOutputRejects() throws {
    let pair = try PairFixture()
    try pair.client.loadRuleset(Self.ruleset("output", "reject with icmpx admin-prohibited"))
    let outcome = try pair.probe(PairFixture.serverV4, 8080, settings)
    #expect(outcome.kind == .error)
    #expect(outcome.error == .notPermitted)
    #expect(outcome.icmp?.type == 3 && outcome.icmp?.code == 13)
    #expect(outcome.icmp?.isLocal == true)
  }

  /// Soft errors too: without the error queue these would be silence.
  @Test(arguments: ["no-route", "host-unreachable", "admin-prohibited"])
  func serverRejects(_ code: String) throws {
    let pair = try PairFixture()
    try pair.server.loadRuleset(Self.ruleset("input", "reject with icmpx \(code)"))
    for family in IPFamily.allCases {
      let outcome = try pair.probe(PairFixture.server(family), 8080, settings)
      #expect(outcome.kind == .icmp)
      #expect(outcome.icmp?.from == PairFixture.server(family))
      #expect(outcome.icmp?.isLocal == false)
    }
  }

  @Test func answersFromAnotherPortCount() throws {
    let pair = try PairFixture()
    let peer = try Peer.udp(
      on: PairFixture.serverV4, in: pair.server, port: 69, fromAnotherPort: true
    ) { question in question.prefix(2) == [0, 1] ? [0, 5, 0, 1, 0] : nil }
    defer { peer.stop() }
    let outcome = try pair.probe(PairFixture.serverV4, 69, settings)
    #expect(outcome.kind == .connected)
    #expect(outcome.banner == [0, 5, 0, 1, 0])
    #expect(outcome.source?.address == PairFixture.clientV4)
    // And port-unreachable is heard there as well.
    let closed = try pair.probe(PairFixture.serverV6, 69, settings)
    #expect(closed.kind == .icmp)
    #expect(closed.icmp?.code == 4)
  }
}
