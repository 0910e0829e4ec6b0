import Evaluator
import Model
import Reporting
import TestSupport
import Testing

@testable import Kernel

/// Damaged dumps through the whole of decoding, evaluating and rendering: whatever they hold, there
/// is an answer, and soon.
///
/// A trap ends the test run; which damage it was, the seed in the environment variable
/// REACH_FUZZ_SEED says for a single run. REACH_FUZZ_COUNT asks for more of them.
@Suite struct MutatedDumpTests {
  private static let count = environment("REACH_FUZZ_COUNT").flatMap { Int($0) } ?? 600
  private static let seeds: [UInt64] =
    environment("REACH_FUZZ_SEED").flatMap { UInt64($0) }.map { [$0] }
    ?? (0..<UInt64(count)).map { $0 }

  private static func endpoint(_ text: String) -> Endpoint { Endpoint(text) ?? Endpoint(.anyV4) }

  /// One of each kind.
  static let packets: [PacketQuery] = [
    PacketQuery(
      transport: .tcp, source: endpoint("10.9.0.2:40000"), destination: endpoint("10.9.0.1:22"),
      inputInterface: "lo"),
    PacketQuery(
      transport: .udp, source: endpoint("[fd09::2]:40000"), destination: endpoint("[fd09::1]:53"),
      inputInterface: "eth0", payload: [UInt8](repeating: 7, count: 40)),
    PacketQuery(
      transport: .tcp, source: endpoint("10.9.0.1:40000"), destination: endpoint("127.0.0.1:80")),
    PacketQuery(
      transport: .icmpv6, source: endpoint("fd09::2"), destination: endpoint("ff02::1"),
      inputInterface: "eth0"),
  ]

  private static func host() throws -> HostSnapshot {
    var host = HostSnapshot()
    host.interfaces = try Capture("rtnetlink-links").decode { (m) throws(KernelError) in
      try LinkMessage(m)?.interface
    }
    host.routes = try Capture("rtnetlink-routes").decode { (m) throws(KernelError) in
      try RouteMessage(m)?.route
    }
    host.sockets = []
    return host
  }

  /// Everything that is done with a ruleset.
  private static func use(_ ruleset: Ruleset, _ host: HostSnapshot, legacy: [LegacyTable] = []) {
    let evaluation = Evaluation(ruleset: ruleset, host: host, legacy: legacy)
    for packet in packets {
      let trace = evaluation.trace(packet)
      #expect(trace.branches.count <= 64)
    }
    _ = evaluation.roundTrip(packets[2])
    #expect(RulesetText().text(of: ruleset).utf8.count < 64 << 20)
  }

  @Test(arguments: ["nftables-rich", "iptables-nft"])
  func rulesets(_ name: String) throws {
    let whole = try Capture(name).bytes
    let host = try Self.host()
    Self.use(Ruleset(tables: try decodeRuleset(whole)), host)
    var understood = 0
    for seed in Self.seeds {
      var mutation = Mutation(seed: seed)
      guard let tables = try? decodeRuleset(mutation.damaged(whole)) else { continue }
      understood += 1
      Self.use(Ruleset(tables: tables), host)
    }
    #expect(understood > 0 || Self.seeds.count == 1)
  }

  @Test func hosts() throws {
    let ruleset = Ruleset(tables: try decodeRuleset(Capture("nftables-rich").bytes))
    let links = try Capture("rtnetlink-links").bytes
    let routes = try Capture("rtnetlink-routes").bytes
    let rules = try Capture("rtnetlink-rules").bytes
    for seed in Self.seeds {
      var mutation = Mutation(seed: seed)
      var host = HostSnapshot()
      host.interfaces =
        (try? Capture(bytes: mutation.damaged(links)).decode { (m) throws(KernelError) in
          try LinkMessage(m)?.interface
        }) ?? []
      host.routes =
        (try? Capture(bytes: mutation.damaged(routes)).decode { (m) throws(KernelError) in
          try RouteMessage(m)?.route
        }) ?? []
      host.routingRules =
        (try? Capture(bytes: mutation.damaged(rules)).decode { (m) throws(KernelError) in
          try RoutingRuleReader.rule(m)
        }) ?? []
      Self.use(ruleset, host)
    }
  }

  @Test func legacyTables() throws {
    let whole = try Capture("legacy-filter").bytes
    let host = try Self.host()
    for seed in Self.seeds {
      var mutation = Mutation(seed: seed)
      let bytes = mutation.damaged(whole)
      guard bytes.count >= 84,
        let layout = try? LegacyTableLayout(bytes.span.extracting(0..<84)),
        let table = try? LegacyTable(
          .v4, "filter", layout, bytes.span.extracting(84..<bytes.count))
      else { continue }
      Self.use(Ruleset(), host, legacy: [table])
    }
  }

  /// Lines of a batch, damaged, and what is understood of them evaluated.
  @Test func batchLines() throws {
    let evaluation = Evaluation(
      ruleset: Ruleset(tables: try decodeRuleset(Capture("nftables-rich").bytes)),
      host: try Self.host())
    let lines = [
      #"{"protocol":"tcp","from":"10.9.0.2:1","to":"10.9.0.1:22","in":"eth0","tcpFlags":["syn"]}"#,
      #"{"from":"[fd09::2]:1","to":"[fd09::1]:53","udp":1,"payload":"00ff","mark":4294967295}"#,
      #"{"protocol":"icmp","from":"10.9.0.2","to":"10.9.0.1","ttl":1,"fragment":{"offset":8}}"#,
      #"{"to":"10.9.0.1:22","in":"lo","frame":"020000000001020000000002080045000014"}"#,
      #"{"to":"10.9.0.1:22","tcpOptions":"0204ffff","extensions":[],"ipOptions":"94040000"}"#,
    ].map { Array($0.utf8) }
    for seed in Self.seeds {
      var mutation = Mutation(seed: seed)
      let line = mutation.damaged(mutation.random.pick(lines))
      guard case .packet(let query, _)? = try? BatchLine(line[...]) else { continue }
      _ = evaluation.trace(query)
    }
  }

  /// Frames of any bytes, and damaged ones of every protocol.
  @Test func frames() throws {
    let ruleset = Ruleset(tables: try decodeRuleset(Capture("nftables-rich").bytes))
    let evaluation = Evaluation(ruleset: ruleset, host: try Self.host())
    let sound = Self.packets.map {
      PacketBytes.frame($0, from: [2, 0, 0, 0, 0, 2], to: [2, 0, 0, 0, 0, 1])
    }
    for seed in Self.seeds {
      var mutation = Mutation(seed: seed)
      var query = Self.packets[0]
      let isRandom = mutation.random.chance(20)
      query.frame =
        isRandom
        ? mutation.random.bytes(mutation.random.below(120))
        : mutation.damaged(mutation.random.pick(sound))
      _ = evaluation.trace(query)
    }
  }
}
