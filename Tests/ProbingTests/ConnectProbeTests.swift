import Model
import Probing
import TestSupport
import Testing

@Suite(.needsRoot, .needs("ip", "nft"))
struct ConnectProbeTests {
  @Test(arguments: IPFamily.allCases)
  func handshakeAndReset(_ family: IPFamily) throws {
    let pair = try PairFixture()
    let address = PairFixture.server(family)
    let listener = try TestListener(on: address, port: 8080, in: pair.server)
    let open = try pair.probe(address, listener.port)
    #expect(open.kind == .connected)
    #expect(open.error == nil)
    #expect(open.source?.address == PairFixture.client(family))
    #expect(open.source?.port != nil)
    let roundTrip = try #require(open.roundTrip)
    #expect(roundTrip > .zero && roundTrip < .milliseconds(300))

    let closed = try pair.probe(address, 8081)
    #expect(closed.kind == .refused)
    #expect(closed.error == .connectionRefused)
    #expect(closed.icmp == nil)
  }

  struct Reject: Sendable, CustomTestStringConvertible {
    let statement: String
    let family: IPFamily
    let type: UInt8
    let code: UInt8
    let error: ErrorNumber
    var testDescription: String { "\(family) \(statement)" }

    init(
      _ family: IPFamily, _ statement: String, _ type: UInt8, _ code: UInt8, _ error: ErrorNumber
    ) {
      (self.family, self.statement, self.type, self.code, self.error) =
        (family, statement, type, code, error)
    }
  }

  /// netfilter-semantics: what each kind of reject looks like to the prober.
  static let rejects: [Reject] = [
    Reject(.v4, "icmp type net-unreachable", 3, 0, .networkUnreachable),
    Reject(.v4, "icmp type host-unreachable", 3, 1, .hostUnreachable),
    Reject(.v4, "icmp type prot-unreachable", 3, 2, .noProtocolOption),
    Reject(.v4, "icmp type port-unreachable", 3, 3, .connectionRefused),
    Reject(.v4, "icmp type net-prohibited", 3, 9, .networkUnreachable),
    Reject(.v4, "icmp type host-prohibited", 3, 10, .hostUnreachable),
    Reject(.v4, "icmp type admin-prohibited", 3, 13, .hostUnreachable),
    Reject(.v6, "icmpv6 type no-route", 1, 0, .networkUnreachable),
    Reject(.v6, "icmpv6 type admin-prohibited", 1, 1, .accessDenied),
    Reject(.v6, "icmpv6 type addr-unreachable", 1, 3, .hostUnreachable),
    Reject(.v6, "icmpv6 type port-unreachable", 1, 4, .connectionRefused),
    Reject(.v6, "icmpv6 type policy-fail", 1, 5, .accessDenied),
  ]

  private static func ruleset(_ hook: String, _ statement: String) -> String {
    """
    flush ruleset
    table inet t {
      chain c {
        type filter hook \(hook) priority 0; policy accept;
        tcp dport 8080 \(statement)
      }
    }
    """
  }

  @Test func rejectedByTheServer() throws {
    let pair = try PairFixture()
    for reject in Self.rejects {
      let address = PairFixture.server(reject.family)
      try pair.server.loadRuleset(Self.ruleset("input", "reject with \(reject.statement)"))
      let outcome = try pair.probe(address, 8080)
      let icmp = ICMPError(type: reject.type, code: reject.code, from: address)
      #expect(outcome.kind == .icmp, "\(reject)")
      #expect(outcome.error == reject.error, "\(reject)")
      #expect(outcome.icmp == icmp, "\(reject)")
      #expect(try #require(outcome.roundTrip) < .milliseconds(300), "\(reject)")
    }
  }

  /// The error comes back while connect(2) still holds the socket; it must be seen at once, in both
  /// families, although the kernel goes on trying.
  @Test func rejectedByOwnOutput() throws {
    let pair = try PairFixture()
    for reject in Self.rejects {
      try pair.client.loadRuleset(Self.ruleset("output", "reject with \(reject.statement)"))
      let outcome = try pair.probe(PairFixture.server(reject.family), 8080)
      let own = PairFixture.client(reject.family)
      let icmp = ICMPError(type: reject.type, code: reject.code, from: own, isLocal: true)
      #expect(outcome.icmp == icmp, "\(reject)")
      #expect(outcome.error == reject.error, "\(reject)")
      let isHost = (reject.type, reject.code) == (reject.family == .v4 ? (3, 1) : (1, 3))
      #expect(outcome.kind == (isHost ? .error : .icmp), "\(reject)")
      #expect(try #require(outcome.roundTrip) < .milliseconds(300), "\(reject)")
    }
  }

  @Test func rejectedOnLoopback() throws {
    let pair = try PairFixture()
    for reject in Self.rejects {
      try pair.client.loadRuleset(Self.ruleset("input", "reject with \(reject.statement)"))
      let address: IPAddress = reject.family == .v4 ? .loopbackV4 : .loopbackV6
      let outcome = try pair.probe(address, 8080)
      let icmp = ICMPError(type: reject.type, code: reject.code, from: address)
      #expect(outcome.kind == .icmp, "\(reject)")
      #expect(outcome.icmp == icmp, "\(reject)")
      #expect(try #require(outcome.roundTrip) < .milliseconds(300), "\(reject)")
    }
  }

  @Test(arguments: ["input", "output"])
  func rejectedWithReset(_ hook: String) throws {
    let pair = try PairFixture()
    let place = hook == "input" ? pair.server : pair.client
    try place.loadRuleset(Self.ruleset(hook, "reject with tcp reset"))
    for family in IPFamily.allCases {
      let outcome = try pair.probe(PairFixture.server(family), 8080)
      #expect(outcome.kind == .refused)
      #expect(outcome.error == .connectionRefused)
      #expect(outcome.icmp == nil)
    }
  }

  @Test(arguments: ["input", "output"])
  func dropped(_ hook: String) throws {
    let pair = try PairFixture()
    let place = hook == "input" ? pair.server : pair.client
    try place.loadRuleset(Self.ruleset(hook, "drop"))
    for family in IPFamily.allCases {
      let address = PairFixture.server(family)
      let listener = try TestListener(on: address, port: 8080, in: pair.server)
      let settings = ProbeSettings(timeout: .milliseconds(1300))
      let outcome = try pair.probe(address, listener.port, settings)
      #expect(outcome.kind == .timeout)
      #expect(outcome.error == nil)
      // The kernel has sent the SYN again after a second.
      #expect(outcome.attempts == 2)
    }
  }
}
