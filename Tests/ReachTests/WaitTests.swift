import Model
import TestSupport
import Testing

/// `--wait` asks again until it is as wished.
@Suite(.serialized, .needsRoot, .needs("ip", "nft", "nc", "bash"))
struct WaitTests {
  @Test(arguments: ["--wait=300", "--wait"])
  func aListenerThatAppears(_ option: String) throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try ReachCommand(in: host).script(
      """
      $reach 127.0.0.1 4777 \(option) --json & pid=$!
      sleep 0.5
      nc -lk 127.0.0.1 4777 >/dev/null & server=$!
      wait $pid
      status=$?
      kill $server
      exit $status
      """)
    #expect(answer.status == 0)
    #expect(try answer.row()["state"] == "open")
  }

  @Test func aRuleThatGoesAway() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let listener = try TestListener(on: .anyV4, port: 4777, in: host)
    try host.loadRuleset(
      "table inet f { chain i { type filter hook input priority 0; tcp dport 4777 reject; }; }")
    let answer = try withExtendedLifetime(listener) {
      try ReachCommand(in: host).script(
        "$reach 127.0.0.1 4777 --wait=300 & pid=$!; sleep 0.5; nft flush ruleset; wait $pid")
    }
    #expect(answer.status == 0)
    #expect(answer.text.contains("OPEN"))
    #expect(!answer.text.contains("BLOCKED"))
  }

  @Test func waitingForAStateThatHolds() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let reach = ReachCommand(in: host)
    #expect(try reach("127.0.0.1 4777 --wait=300 --expect closed").status == 0)
    let over = try reach("127.0.0.1 4777 --wait=0.2")
    #expect(over.status == 1)
    #expect(over.text.contains("CLOSED"))
  }
}
