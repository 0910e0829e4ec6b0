import Model
import TestSupport
import Testing

/// What several rows, expectations, origins and conditions amount to.
@Suite(.serialized, .needsRoot, .needs("ip", "nft"))
struct ExitStatusTests {
  /// A host on which port A is open, and UDP silence can't be told from a drop.
  @Test func theWorstRowDecides() throws {
    let link = try Link()
    let listener = try TestListener(on: .anyV4, in: link.server)
    let reach = ReachCommand(in: link.client)
    let open = listener.port
    let closed = open == 4791 ? 4792 : 4791
    #expect(try reach("10.9.0.2 \(open)").status == 0)
    #expect(try reach("10.9.0.2 \(open),\(closed)").status == 1)
    #expect(try reach("10.9.0.2 \(open) -s 192.0.2.1").status == 3)
    // One address can't be asked with that source, which is not known; the other is not open.
    #expect(try reach("127.0.0.1,10.9.0.2 \(closed) -s 127.0.0.1").status == 1)
  }

  @Test func expectedStatesAreSuccess() throws {
    let link = try Link()
    let listener = try TestListener(on: .anyV4, in: link.server)
    let reach = ReachCommand(in: link.client)
    let (open, closed) = (listener.port, listener.port == 4791 ? 4792 : 4791)
    #expect(try reach("10.9.0.2 \(closed) --expect closed").status == 0)
    #expect(try reach("10.9.0.2 \(open) --expect closed").status == 1)
    #expect(try reach("10.9.0.2 \(open),\(closed) --expect closed,open").status == 0)
    #expect(try reach("10.9.0.2 \(open) --expect unknown -s 192.0.2.1").status == 0)
    #expect(try reach("10.9.0.2 \(open) --expect closed -s 192.0.2.1").status == 3)
  }

  @Test func strangersNobodyAskedAboutDoNotCount() throws {
    let link = try Link()
    let listener = try TestListener(on: .anyV4, in: link.server)
    try link.server.loadRuleset(
      """
      table inet filter {
        chain input { type filter hook input priority 0; iifname "eth0" drop; }
      }
      """)
    let reach = ReachCommand(in: link.server)
    let answer = try reach("10.9.0.2 \(listener.port) --json")
    #expect(answer.status == 0)
    #expect(try answer.row()["state"] == "open")
    let strangers = try answer.document()["results"].elements.filter {
      $0["informational"] == true
    }
    #expect(strangers.map { $0["state"] } == ["blocked"])
    #expect(strangers.map { $0["from"] } == ["outside%eth0"])
    // Asked about, they do.
    #expect(try reach("10.9.0.2 \(listener.port) --from outside").status == 1)
    #expect(try reach("10.9.0.2 \(listener.port) --from outside --expect blocked").status == 0)
  }

  @Test func noWayInFromOutsideIsNoSuccess() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try ReachCommand(in: host)("127.0.0.1 80 --from outside --json")
    #expect(answer.status == 69)
    #expect(try answer.document()["error"]["slug"] == "unavailable")
    #expect(answer.errorText.contains("no device but lo is up"))
  }

  @Test func aConditionCountsByItsLikeliestBranch() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let listener = try TestListener(on: .anyV4, in: host)
    try host.loadRuleset(
      """
      table inet filter {
        chain input { type filter hook input priority 0;
          tcp dport \(listener.port) limit rate 100/second accept
          tcp dport \(listener.port) drop
        }
      }
      """)
    let answer = try ReachCommand(in: host)("127.0.0.1 \(listener.port) --json --no-probe")
    let row = try answer.row()
    #expect(row["state"] == "open")
    #expect(row["conditional"] == true)
    #expect(row["firewall"]["verdict"] == "conditional")
    #expect(row["firewall"]["conditions"].elements.isEmpty == false)
    #expect(answer.status == 0)
  }

  @Test func packetsAreSentFromAnAddressOfOurs() throws {
    let link = try Link()
    try link.client.ip("address add 10.9.0.11/24 dev eth0")
    let listener = try TestListener(on: .anyV4, in: link.server)
    try link.server.loadRuleset(
      """
      table inet filter {
        chain input { type filter hook input priority 0; ip saddr 10.9.0.11 reject; }
      }
      """)
    let answer = try ReachCommand(in: link.client)(
      "10.9.0.2 \(listener.port) --from here --from 10.9.0.11 --json")
    let rows = try answer.rows()
    #expect(rows.map { $0["from"] } == ["here", "10.9.0.11"])
    #expect(rows.map { $0["state"] } == ["open", "blocked"])
    #expect(rows.last?["probe"]["outcome"] == "icmp" || rows.last?["probe"]["outcome"] == "refused")
    #expect(answer.status == 1)
  }
}
