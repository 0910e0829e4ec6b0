import Model
import TestSupport
import Testing

/// UDP, where silence is all that many services say.
@Suite(.serialized, .needsRoot, .needs("ip", "nft", "setpriv"))
struct DatagramTests {
  @Test func openByTheSocketTable() throws {
    let link = try Link()
    let listener = try TestListener(.udp, on: .anyV4, in: link.server)
    let answer = try ReachCommand(in: link.client)("10.9.0.2 \(listener.port) -u -w 1 --json")
    #expect(try answer.row()["state"] == "open")
    #expect(try answer.row()["protocol"] == "udp")
    #expect(answer.status == 0)
  }

  @Test func closed() throws {
    let link = try Link()
    for place in [link.client, link.server] {
      let answer = try ReachCommand(in: place)("10.9.0.2 4791 -u --json")
      #expect(try answer.row()["state"] == "closed")
      #expect(try answer.row()["cause"] == "no-listener")
      #expect(try answer.row()["probe"]["errno"] == "ECONNREFUSED")
      #expect(answer.status == 1)
    }
  }

  @Test func silenceIsUndecided() throws {
    let link = try Link()
    let listener = try TestListener(.udp, on: .anyV4, in: link.server)
    let reach = try UnprivilegedCommand()
    let words = "10.9.0.2 \(listener.port) -u -w 1"
    let answer = try reach(words + " --json", in: link.client)
    #expect(try answer.row()["state"] == "open|filtered")
    #expect(try answer.row()["cause"] == "no-answer")
    #expect(answer.status == 3)
    #expect(try reach(words + " --expect open|filtered", in: link.client).status == 0)
    let refused = try reach("10.9.0.2 4791 -u --json", in: link.client)
    #expect(try refused.row()["state"] == "refused")
    #expect(refused.status == 1)
  }

  @Test func blocked() throws {
    let link = try Link()
    let listener = try TestListener(.udp, on: .anyV4, in: link.server)
    try link.server.loadRuleset(
      "table inet f { chain i { type filter hook input priority 0; meta l4proto udp drop; }; }")
    let answer = try ReachCommand(in: link.client)("10.9.0.2 \(listener.port) -u -w 1 --json")
    #expect(try answer.row()["state"] == "blocked")
    #expect(try answer.row()["cause"] == "firewall-drop")
    #expect(answer.status == 1)
  }

  @Test func servicesByName() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try ReachCommand(in: host)("127.0.0.1 ntp,domain -u --json")
    #expect(try answer.rows().map { $0["port"] } == [123, 53])
    #expect(try answer.rows().map { $0["service"] } == ["ntp", "domain"])
    #expect(Set(try answer.rows().map { $0["protocol"] }) == ["udp"])
  }

  @Test func theOtherProtocolIsNamed() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let listener = try TestListener(on: .anyV4, port: 4777, in: host)
    let answer = try withExtendedLifetime(listener) {
      try ReachCommand(in: host)("127.0.0.1 4777 -u --json")
    }
    #expect(try answer.row()["cause"] == "wrong-protocol")
  }
}
