import Model
import TestSupport
import Testing

@testable import Kernel

/// Decodes what `RulesetReader` would be sent.
func decodeRuleset(_ bytes: [UInt8]) throws(KernelError) -> [Table] {
  var draft = RulesetDraft()
  var elements: [[UInt8]: [Element]] = [:]
  var messages = NetlinkMessages(bytes.span)
  while let message = try messages.next() {
    switch message.type {
    case NftablesMessage.newTable.type: try draft.add(table: message)
    case NftablesMessage.newChain.type: try draft.add(chain: message)
    case NftablesMessage.newRule.type: try draft.add(rule: message)
    case NftablesMessage.newSet.type: try draft.add(set: message)
    case NftablesMessage.newObject.type: try draft.add(object: message)
    case NftablesMessage.newFlowtable.type: try draft.add(flowtable: message)
    case NftablesMessage.newElement.type:
      let name = try message.nftablesAttributes().payload(2).copy()
      try Element.append(from: message, to: &elements[name, default: []])
    default: continue
    }
  }
  draft.finishChain()
  for (tableIndex, table) in draft.tables.enumerated() {
    for (setIndex, set) in table.sets.enumerated() {
      let found = elements[Array(set.name.utf8) + [0]] ?? []
      draft.setElements(found, table: tableIndex, set: setIndex)
    }
  }
  return draft.tables
}

@Suite struct RulesetCaptureTests {
  private func unknowns(_ tables: [Table]) -> [UnknownExpression] {
    tables.flatMap(\.chains).flatMap(\.rules).flatMap(\.expressions).compactMap {
      guard case .unknown(let unknown) = $0 else { return nil }
      return unknown
    }
  }

  @Test func theRichRuleset() throws {
    let tables = try decodeRuleset(Capture("nftables-rich").bytes)
    #expect(
      tables.map { "\($0.family.name) \($0.name)" }
        == ["inet rich", "netdev dev", "bridge br", "arp a", "ip asleep"])
    #expect(unknowns(tables).isEmpty)
    let rich = try #require(tables.first)
    #expect(rich.comment == "every kind of thing")
    #expect(rich.chain("other")?.comment == "jumped to")
    #expect(
      rich.chains.filter { $0.flags & 4 == 0 }.map(\.name)
        == ["other", "early", "input", "dnats", "snats"])
    #expect(rich.chains.compactMap(\.base).map(\.kind) == [.filter, .filter, .nat, .nat])
    #expect(rich.chain("input")?.rules.count == 25)
    #expect(rich.chain("input")?.rules[1].comment == "loopback")
    #expect(rich.chain("snats")?.base?.priority == .sourceNAT)
    #expect(tables[1].chains.first?.base?.devices == ["lo"])
    #expect(tables[1].chains.first?.base?.hook == .ingress)
    #expect(tables[4].isDormant)
    try expectSets(rich)
    #expect(
      rich.objects.map(\.content) == [
        .counter(Counter(packets: 3, bytes: 180)),
        .quota(Quota(bytes: 25 << 20, consumed: 3 << 10, isOver: true)),
        .limit(Limit(rate: 5, unit: 60, burst: 5, countsBytes: false, isOver: false)),
        .synproxy(SynProxy(mss: 1460, windowScale: 7, flags: 0xf)),
      ])
  }

  private func elements(_ table: Table, _ set: String) throws -> [Element] {
    guard case .loaded(let elements) = try #require(table.set(set)).elements else { return [] }
    return elements
  }

  private func expectSets(_ rich: Table) throws {
    #expect(rich.set("ports")?.comment == "open ports")
    #expect(try elements(rich, "ports").first { $0.key == [0, 22] }?.comment == "ssh")
    #expect(rich.set("seen")?.timeout == 60_000)
    #expect(rich.set("seen")?.size == 1000)
    #expect(rich.set("seen")?.flags == [.dynamic, .timeout])
    #expect(try elements(rich, "seen").map(\.timeout) == [3_600_000])
    #expect(rich.set("pairs")?.fieldLengths == [4, 2])
    #expect(
      try elements(rich, "pairs").first { $0.key == [10, 0, 1, 1, 0, 1, 0, 0] }?.keyEnd
        == [10, 0, 1, 1, 0, 100, 0, 0])
    #expect(try elements(rich, "counted").map(\.expressions) == [[.counter(Counter())]])
    #expect(rich.set("verdicts")?.isVerdictMap == true)
    let verdicts = try elements(rich, "verdicts")
    #expect(verdicts.first { $0.key == nil }?.data == .verdict(.drop))
    #expect(verdicts.first { $0.key == [0, 2] }?.data == .verdict(.jump(chain: "other")))
    #expect(try elements(rich, "objects").map(\.object) == ["hits"])
  }

  @Test func whatIptablesWrites() throws {
    let tables = try decodeRuleset(Capture("iptables-nft").bytes)
    #expect(unknowns(tables).isEmpty)
    let filter = try #require(tables.first { $0.family == .ip && $0.name == "filter" })
    let input = try #require(filter.chain("INPUT"))
    #expect(input.base?.policy == .drop)
    let names = filter.chains.flatMap(\.rules).flatMap(\.expressions).compactMap {
      (expression) -> String? in
      switch expression {
      case .xtablesMatch(let match): "match \(match.name) \(match.revision) \(match.info.count)"
      case .xtablesTarget(let target):
        "target \(target.name) \(target.revision) \(target.info.count)"
      default: nil
      }
    }
    #expect(
      names.sorted() == [
        "match comment 0 256", "match conntrack 3 168", "match multiport 1 48",
        "target LOG 0 32", "target REJECT 0 8",
      ])
  }

  static let captures = ["nftables-rich", "iptables-nft"]

  /// Each message alone, cut at each length with its header telling so.
  @Test(arguments: captures) func messagesCutInside(_ name: String) throws {
    let bytes = try Capture(name).bytes
    let tables = try messages(of: bytes).filter { $0[4] == 0 }.joined()
    for message in try messages(of: bytes) {
      for length in 16..<message.count {
        var cut = Array(message.prefix(length))
        cut[0] = UInt8(length & 0xff)
        cut[1] = UInt8(length >> 8)
        _ = try? decodeRuleset(tables + cut)
      }
    }
  }

  @Test(arguments: captures) func truncated(_ name: String) throws {
    let bytes = try Capture(name).bytes
    for length in stride(from: 0, to: bytes.count, by: 37) {
      _ = try? decodeRuleset(Array(bytes.prefix(length)))
    }
  }

  @Test(arguments: captures) func changedAtRandom(_ name: String) throws {
    let bytes = try Capture(name).bytes
    let all = try messages(of: bytes)
    let tables = Array(all.filter { $0[4] == 0 }.joined())
    var random = SeededGenerator(seed: 0x0bad_5eed)
    for _ in 0..<6_000 {
      var message = all[Int.random(in: 0..<all.count, using: &random)]
      for _ in 0...Int.random(in: 0..<6, using: &random) {
        message[Int.random(in: 0..<message.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      _ = try? decodeRuleset(tables + message)
    }
  }

  private func messages(of bytes: [UInt8]) throws -> [[UInt8]] {
    var result: [[UInt8]] = []
    var position = 0
    while position < bytes.count {
      let length = Int(bytes[position]) | Int(bytes[position + 1]) << 8
      let end = min(bytes.count, position + (length + 3) & ~3)
      result.append(Array(bytes[position..<end]))
      position = end
    }
    return result
  }
}
