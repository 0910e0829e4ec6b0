import Model
import TestSupport
import Testing

/// SIGINT in the middle of a scan: status 130, and what was known is printed first.
@Suite(.serialized, .needsRoot, .needs("ip", "nft", "ss", "bash"))
struct InterruptionTests {
  /// One port answers, the other never does; interrupted when nothing but the silent one is left.
  private func interrupted(_ words: String) throws -> (answer: Answer, port: UInt16) {
    let link = try Link()
    let listener = try TestListener(on: .anyV4, in: link.server)
    try link.server.loadRuleset(
      """
      table inet f {
        chain i { type filter hook input priority 0; tcp dport 4791 drop; }
      }
      """)
    let port = listener.port
    // Job control, so that the signal is not ignored in the background. The SYN that nobody answers
    // shows that the scan is on its way, and its companion is answered at once.
    let answer = try ReachCommand(in: link.client).script(
      """
      set -m
      $reach 10.9.0.2 \(port),4791 -w 300 \(words) & pid=$!
      until ss -Htn state syn-sent | grep -q 10.9.0.2:4791; do sleep 0.05; done
      sleep 1
      kill -INT $pid
      wait $pid
      """)
    return (answer, port)
  }

  @Test func theDocumentHoldsWhatWasKnown() throws {
    let (answer, port) = try interrupted("--json")
    #expect(answer.status == 130)
    let rows = try answer.rows()
    #expect(rows.map { $0["port"] } == [.number(Double(port))])
    #expect(rows.map { $0["state"] } == ["open"])
  }

  @Test func theTextHoldsWhatWasKnown() throws {
    let (answer, port) = try interrupted("")
    #expect(answer.status == 130)
    #expect(answer.text.contains("\(port)/tcp"))
    #expect(answer.text.contains("OPEN"))
    #expect(answer.errorText.contains("interrupted"))
  }

  @Test func linesAreOutBeforeTheSignal() throws {
    let (answer, port) = try interrupted("--json-lines")
    #expect(answer.status == 130)
    #expect(try answer.documents().map { $0["port"] } == [.number(Double(port))])
  }

  @Test func waitingKeepsTheLastRound() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try ReachCommand(in: host).script(
      """
      set -m
      $reach 127.0.0.1 4791 --wait=300 --json & pid=$!
      sleep 2
      kill -INT $pid
      wait $pid
      """)
    #expect(answer.status == 130)
    #expect(try answer.row()["state"] == "closed")
  }

  @Test func waitingForANameEndsAtOnce() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    // The resolver asks a server that drops every question, for as long as -w allows.
    try host.loadRuleset(
      "table inet f { chain i { type filter hook input priority 0; udp dport 53 drop; }; }")
    let answer = try ReachCommand(in: host).script(
      """
      set -m
      echo nameserver 127.0.0.1 > /tmp/reach-test-resolv.$$
      unshare --mount bash -c 'mount --bind /tmp/reach-test-resolv.'$$' /etc/resolv.conf
      exec "$0" silent.example 80 --json -w 300' $reach & pid=$!
      until ss -Hun | grep -q 127.0.0.1:53; do sleep 0.05; done
      kill -INT $pid
      wait $pid
      status=$?
      rm -f /tmp/reach-test-resolv.$$
      exit $status
      """)
    #expect(answer.status == 130)
    #expect(try answer.document()["error"]["slug"] == "interrupted")
  }
}
