import Model
import TestSupport
import Testing

/// Few descriptors, and a ruleset that changes while it is read.
@Suite(.serialized, .needsRoot, .needs("ip", "nft", "prlimit", "bash"))
struct ShortageTests {
  @Test func fewDescriptorsMakeItSlowerOnly() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let listener = try TestListener(on: .anyV4, port: 4777, in: host)
    let reach = ReachCommand(in: host, prefix: ["prlimit", "--nofile=16:16"])
    let answer = try withExtendedLifetime(listener) {
      try reach("127.0.0.1 4700-4899 -w 60 --json")
    }
    let rows = try answer.rows()
    #expect(rows.count == 200)
    #expect(rows.filter { $0["state"] == "closed" }.count == 199)
    #expect(rows.filter { $0["state"] == "open" }.map { $0["port"] } == [4777])
    #expect(answer.status == 1)
  }

  /// Enough to start, and for nothing else.
  @Test func noDescriptorsAreSaid() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let reach = ReachCommand(in: host)
    var known = false
    for limit in 4...8 {
      let answer = try reach.script(
        "exec prlimit --nofile=\(limit):\(limit) $reach 127.0.0.1 4777 -w 1 --json")
      // The loader needs a few itself.
      guard answer.status != 127 else { continue }
      known = true
      let row = try answer.row()
      if row["state"] == "unknown" {
        #expect(row["probe"]["errno"] == "EMFILE")
        #expect(answer.status == 3)
      } else {
        #expect(row["state"] == "closed" || row["state"] == "refused")
        #expect(answer.status == 1)
      }
    }
    #expect(known)
  }

  @Test func aRulesetThatKeepsChanging() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let listener = try TestListener(on: .anyV4, port: 4777, in: host)
    let rules = (0..<200).map { "add rule inet f i tcp dport \(5000 + $0) accept" }
    try host.loadRuleset(
      """
      table inet f {
        chain i { type filter hook input priority 0; tcp dport 4777 drop comment "culprit"; }
        chain churn { }
      }
      \(rules.joined(separator: "\n"))
      """)
    let churn = try Background(
      [
        "bash", "-c",
        "while nft 'flush chain inet f churn; add rule inet f churn accept'; do :; done",
      ],
      in: host)
    try withExtendedLifetime((listener, churn)) {
      for _ in 0..<5 {
        let answer = try ReachCommand(in: host)("127.0.0.1 4777 -w 1 --json")
        let row = try answer.row()
        #expect(answer.status == 1)
        if row["firewall"]["known"] == true {
          #expect(row["state"] == "blocked")
          #expect(row["firewall"]["decidedBy"]["comment"] == "culprit")
          #expect(answer.errorText.isEmpty)
        } else {
          // It never stood still: said, and the rest of the evidence is there.
          #expect(row["state"] == "filtered")
          #expect(answer.errorText.contains("changed during each of"))
        }
      }
    }
  }

  /// A kernel built without nf_tables has no rule that could be in the way.
  @Test func aKernelWithoutNetfilter() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let listener = try TestListener(on: .anyV4, port: 4777, in: host)
    let answer = try withExtendedLifetime(listener) {
      try host.inside {
        try SystemCallFilter.refuseNetfilterSockets()
        return Answer(
          try Command([ReachCommand.path, "127.0.0.1", "4777,4778", "--json"]).output(limit: 600))
      }
    }
    let rows = try answer.rows()
    #expect(rows.map { $0["state"] } == ["open", "closed"])
    #expect(rows.map { $0["firewall"]["known"] } == [true, true])
    #expect(rows.map { $0["firewall"]["verdict"] } == ["accept", "accept"])
    #expect(answer.status == 1)
    #expect(answer.errorText.isEmpty)
  }
}
