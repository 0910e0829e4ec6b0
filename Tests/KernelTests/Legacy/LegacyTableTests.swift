import Model
import TestSupport
import Testing

@testable import Kernel

@Suite struct LegacyTableTests {
  private func decode(_ bytes: [UInt8]) throws(KernelError) -> LegacyTable {
    guard bytes.count >= 84 else {
      throw .malformed(what: "capture", path: "", offset: bytes.count)
    }
    let layout = try LegacyTableLayout(bytes.span.extracting(0..<84))
    return try LegacyTable(.v4, "filter", layout, bytes.span.extracting(84..<bytes.count))
  }

  @Test func theRecordedTable() throws {
    let table = try decode(Capture("legacy-filter").bytes)
    #expect(table.chains.map(\.name) == ["INPUT", "FORWARD", "OUTPUT", "FOO"])
    #expect(table.chains.map(\.policy) == [.drop, .accept, .accept, nil])
    #expect(table.chains.map(\.hook) == [.input, .forward, .output, nil])
    #expect(!table.isHarmless)
    #expect(table.ruleCount == 7)
    let rules = try #require(table.chain("INPUT")?.rules)
    try #require(rules.count == 5)
    #expect(
      rules[0]
        == LegacyRule(
          input: .init(name: "lo", isPrefix: false, isInverted: false),
          target: .verdict(.accept)))
    #expect(rules[1].matches.map(\.name) == ["conntrack", "comment"])
    #expect(rules[1].matches.map(\.revision) == [3, 0])
    #expect(
      rules[2].source
        == .init(address: [10, 0, 0, 0], mask: [255, 0, 0, 0], isInverted: true))
    #expect(rules[2].input == .init(name: "eth", isPrefix: true, isInverted: false))
    #expect(rules[2].transport == .init(number: 6, isInverted: false))
    #expect(rules[2].target == .verdict(.goto(chain: "FOO")))
    #expect(rules[3].matches.map(\.name) == ["multiport"])
    guard case .xtables(let log) = rules[4].target else {
      Issue.record("\(rules[4].target)")
      return
    }
    #expect(log.name == "LOG")
    let last = try #require(table.chain("FOO")?.rules.last)
    #expect(last.matches.map(\.name) == ["mark"])
    #expect(last.target == .verdict(.return))
    #expect(rules.allSatisfy { $0.unknown == nil })
  }

  @Test func noBytesMakeItTrap() throws {
    let bytes = try Capture("legacy-filter").bytes
    for length in 0..<bytes.count { _ = try? decode(Array(bytes.prefix(length))) }
    var random = SeededGenerator(seed: 77)
    for _ in 0..<5_000 {
      var changed = bytes
      for _ in 0...Int.random(in: 0..<6, using: &random) {
        changed[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      _ = try? decode(changed)
    }
  }

  @Test(.needsRoot, .needs("iptables-legacy", "ip6tables-legacy"))
  func readsOnlyTablesThatExist() throws {
    let fixture = NamespaceFixture()
    defer { fixture.cleanUp() }
    let namespace = try fixture.addNamespace()
    for _ in 0..<2 {
      #expect(try namespace.inside { try LegacyTables.read() }.isEmpty)
    }
    try namespace.run("iptables-legacy -t nat -L")
    try namespace.run("ip6tables-legacy -A INPUT -i eth+ -p ipv6-icmp -j DROP")
    let tables = try namespace.inside { try LegacyTables.read() }
    try #require(tables.map(\.name) == ["nat", "filter"])
    #expect(tables[0].isHarmless)
    #expect(tables[0].chains.map(\.name) == ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"])
    #expect(tables[1].family == .v6)
    #expect(!tables[1].isHarmless)
    #expect(
      tables[1].chain("INPUT")?.rules == [
        LegacyRule(
          input: .init(name: "eth", isPrefix: true, isInverted: false),
          transport: .init(number: 58, isInverted: false), target: .verdict(.drop))
      ])
    #expect(tables[1].asOtherFilter.detail == "filter table with 1 rule")
  }
}
