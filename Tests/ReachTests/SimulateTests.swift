import Glibc
import Model
import Reporting
import TestSupport
import Testing

/// `reach simulate`, as people and programs call it.
@Suite("reach simulate")
struct SimulateTests {
  /// The kernel keeps UTC; people write local time, and nft reads it as such.
  @Test(.needsRoot, .needs("nft", "ip"), arguments: ["UTC", "IST-5:30", "NST3:30"])
  func timesAreLocal(_ zone: String) throws {
    let words = [#"meta hour "22:15"-"23:45""#, #"meta time > "2024-02-29 00:30:00""#]
    let other = [#"meta hour != "22:15"-"23:45""#, #"meta time <= "2024-02-29 00:30:00""#]
    let rules = (words + other).map { $0 + " counter\n" }.joined()
    let file = try Simulate.write(
      "table inet t { chain c { type filter hook input priority 0; policy accept\n\(rules) }\n}\n")
    defer { unlink(file) }
    var reach = ReachCommand()
    reach.environment["TZ"] = zone
    let answer = try reach(
      "simulate --ruleset \(file) --in lo --from 127.0.0.1 --to 127.0.0.1:22 --json")
    // Whatever the time is: one rule of each pair matches.
    for pair in zip(words, other) {
      let shown = [pair.0, pair.1].map { $0.replacing("\"", with: "\\\"") }
      #expect(shown.contains { answer.text.contains($0) }, "\(answer.text)")
    }
  }

  static let files: [RulesFile] = (try? RulesFile.all()) ?? []

  @Test(.needsRoot, .needs("nft", "ip"), arguments: files)
  func everyPacketOfRulesGetsTheVerdictOfItsCase(_ file: RulesFile) throws {
    let network = try OracleNetwork()
    defer { network.cleanUp() }
    for setting in try file.sysctls() { try network.host.sysctl(setting.key, setting.value) }
    let listeners = try file.prepare(network.host)
    defer { withExtendedLifetime(listeners) {} }
    let cases = try file.cases()
    let lines = cases.map { $0.query.batchLine + "\n" }.joined()
    let answers = try Simulate.answers(
      ["--netns", network.host.name, "--ruleset", file.path], lines: lines)
    try #require(answers.count == cases.count)
    for (answer, expected) in zip(answers, cases) {
      let place = Comment(rawValue: "\(file.name).cases \(expected)")
      #expect(answer["verdict"]?.text == expected.verdict.rawValue, place)
      let branch = answer["branches"]?.list?.first
      let decider = (expected.verdict == .conditional ? branch : answer)?["decidedBy"]
      switch expected.decider {
      case .nobody: #expect(decider == .null, place)
      case .comment(let comment): #expect(decider?["comment"]?.text == comment, place)
      case .policy(let chain):
        let names = ["family", "table", "chain"].compactMap { decider?[$0]?.text }
        #expect(names.joined(separator: "/") == chain, place)
        #expect(decider?["policy"] == .bool(true), place)
      }
    }
  }

  @Test(.needsRoot, .needs("nft"))
  func linesThatAreNotUnderstoodAreAnsweredAndTheRestGoesOn() throws {
    let bad = [
      "rubbish", "[]", "{", #"{"to":"10.9.0.1"}"#, #"{"from":"10.9.0.2:1"}"#,
      #"{"to":"10.9.0.1:22","mark":-1}"#, #"{"to":"10.9.0.1:22","wings":2}"#,
      #"{"to":"10.9.0.1:22","payload":"abc"}"#, #"{"to":"10.9.0.1:22","frame":"00"}"#,
      #"{"to":"10.9.0.1:22","from":"[fd09::1]:1"}"#, #"{"to":"10.9.0.1:22","ttl":1e999}"#,
      #"{"to":"10.9.0.1:22","to":"10.9.0.1:23"}"#, String(repeating: "[", count: 100_000),
      "\u{0}", #"{"to":"\ud800"}"#,
    ]
    let good = #"{"to":"127.0.0.1:22","from":"127.0.0.1:40000"}"#
    let lines = bad.map { "\($0)\n\(good)\n" }.joined() + #"{"reload":true}"# + "\n\n" + good
    let answers = try Simulate.answers(["--ruleset", Simulate.smallest.path], lines: lines)
    try #require(answers.count == 2 * bad.count + 1)
    for (number, line) in bad.enumerated() {
      let place = Comment(rawValue: String(line.prefix(60)))
      #expect(answers[2 * number]["schema"]?.text == "reach/simulate/1", place)
      #expect(answers[2 * number]["error"]?["message"]?.text != nil, place)
      #expect(answers[2 * number + 1]["verdict"]?.text == "accept", place)
    }
  }

  @Test(.needsRoot, .needs("nft", "ip"))
  func devicesThatOnlyTheFileKnowsAreMadeForIt() throws {
    let rules = """
      define wan = "wan7"
      table inet f { chain i { type filter hook input priority 0; policy drop;
        iif $wan accept comment "wan"
        iif { lo, "x1" } drop
      }
      }
      table netdev n {
        chain a { type filter hook ingress device "nd0" priority 0; policy accept;
          ip saddr 10.9.0.9 drop
        }
        chain b {
          type filter hook ingress devices = { nd1, nd2 } priority 0; policy drop;
        }
      }
      """
    let path = try Simulate.write(rules)
    defer { Simulate.remove(path) }
    let network = try OracleNetwork()
    defer { network.cleanUp() }
    let answers = try Simulate.answers(
      ["--netns", network.host.name, "--ruleset", path],
      lines: """
        {"from":"10.9.0.2:1","to":"10.9.0.1:2","in":"wan7"}
        {"from":"10.9.0.2:1","to":"10.9.0.1:2","in":"eth0"}
        {"from":"10.9.0.9:1","to":"10.9.0.1:2","in":"nd0"}
        {"from":"10.9.0.2:1","to":"10.9.0.1:2","in":"nd2"}
        """)
    #expect(answers.map { $0["verdict"]?.text } == ["accept", "drop", "drop", "drop"])
    #expect(answers.first?["decidedBy"]?["comment"]?.text == "wan")
    let links = try network.host.run("ip -o link")
    #expect(!links.contains("wan7"), "nothing was made on the host itself")
    #expect(try network.host.run("nft list ruleset") == "", "nothing was loaded on the host itself")
  }

  @Test(.needsRoot, .needs("nft"))
  func statusesAreTheContracts() throws {
    let file = Simulate.smallest.path
    func status(_ words: String) throws -> Int32 {
      try Simulate.run(["--ruleset", file] + words.split(separator: " ").map(String.init)).status
    }
    #expect(try status("--from 127.0.0.1 --to 127.0.0.1:22") == 0)
    #expect(try status("--in lo --from 127.0.0.2 --to 127.0.0.1:22 --ct-state invalid") == 0)
    #expect(try status("--to 127.0.0.1") == 64)
    #expect(try status("--in a --out b --to 127.0.0.1:1") == 64)
    #expect(try status("--netns reach-test-nowhere --to 127.0.0.1:1") == 69)
    #expect(try status("--ruleset /nonexistent.nft --to 127.0.0.1:1") == 69)
    let rules = """
      table ip f { chain o { type filter hook output priority 0;
        tcp dport 1 drop
        tcp dport 2 limit rate 1/second accept
        tcp dport 2 reject with tcp reset
      }
      }
      """
    let path = try Simulate.write(rules)
    defer { Simulate.remove(path) }
    for (port, status) in [(1, 1), (2, 3), (3, 0)] as [(Int, Int32)] {
      let output = try Simulate.run(["--ruleset", path, "--to", "127.0.0.1:\(port)"])
      #expect(output.status == status, "port \(port)")
    }
  }

  @Test(.needsRoot, .needs("nft", "setpriv"), .enabled(if: Simulate.isForEverybody))
  func anOrdinaryUserMayAskAboutAFile() throws {
    let output = try Simulate.run(
      ["--ruleset", Simulate.smallest.path, "--to", "127.0.0.1:22"], asNobody: true)
    #expect(output.status == 0, "\(output.errorText)")
    #expect(output.text.contains("ACCEPT"))
    let live = try Simulate.run(["--to", "127.0.0.1:22", "--json"], asNobody: true)
    #expect(live.status == 77)
    #expect(live.text.contains(#""slug":"permission""#))
  }
}
