import Evaluator
import Kernel
import Model
import TestSupport
import Testing

/// Rules of xtables-legacy, which the kernel does not trace, held against their counters.
@Suite("xtables-legacy, held against the kernel", .serialized)
struct LegacyOracleTests {
  /// A rule by its place: table, chain and number in the chain, as iptables counts.
  struct Place: Hashable, CustomStringConvertible {
    var table: String
    var chain: String
    var number: Int

    var description: String { "\(table) \(chain) \(number)" }
  }

  /// How many packets each rule has seen.
  private static func counters(_ namespace: TestNamespace) throws -> [Place: Int] {
    var counters: [Place: Int] = [:]
    var table = ""
    var numbers: [Substring: Int] = [:]
    for line in try namespace.run("iptables-legacy-save -c").split(separator: "\n") {
      if line.first == "*" {
        table = String(line.dropFirst())
        numbers = [:]
      }
      let words = line.split(separator: " ")
      guard words.count > 2, words[1] == "-A",
        let packets = words[0].dropFirst().split(separator: ":")
          .first.flatMap({ Int($0) })
      else { continue }
      numbers[words[2], default: 0] += 1
      counters[Place(table: table, chain: String(words[2]), number: numbers[words[2]] ?? 0)] =
        packets
    }
    return counters
  }

  /// The places of the rules that a trace matched.
  private static func matched(_ trace: Trace, _ tables: [LegacyTable]) -> Set<Place> {
    var places: Set<Place> = []
    for step in trace.steps where step.isLegacy && !step.isPolicy {
      guard let table = tables.first(where: { $0.name == step.table }), let rule = step.rule else {
        continue
      }
      // Rules are numbered through the table.
      var number = Int(rule.handle)
      for chain in table.chains {
        if number <= chain.rules.count {
          places.insert(Place(table: table.name, chain: chain.name, number: number))
          break
        }
        number -= chain.rules.count
      }
    }
    return places
  }

  @Test(.needsRoot, .needs("iptables-legacy-restore", "ip"))
  func everyMatch() throws {
    var host: TestNamespace?
    let oracle = try KernelOracle("", sysctls: [("net.ipv4.ip_forward", "1")]) { namespace in
      host = namespace
      let text = XtablesRules.text(XtablesRules.v4)
      try namespace.command(["iptables-legacy-restore"], input: Array(text.utf8)).run()
    }
    defer { oracle.cleanUp() }
    let namespace = try #require(host)
    let tables = try namespace.inside { try LegacyTables.read() }
    let evaluation = Evaluation(ruleset: oracle.ruleset, host: oracle.host, legacy: tables)
    for packet in XtablesOracleTests.packets where !packet.contains("127.0.0.1") {
      let query = try XtablesOracleTests.query(packet)
      if query.conntrackState == .established { continue }
      let before = try Self.counters(namespace)
      _ = try oracle.answer(query)
      let after = try Self.counters(namespace)
      let trace = evaluation.trace(XtablesOracleTests.framed(query))
      // The host's own answers meet rules as well, at hooks that the packet does not cross.
      let hooks = Set(trace.steps.filter(\.isLegacy).map { $0.hook.name.uppercased() })
      let counted = Set(
        after.filter { hooks.contains($0.key.chain) && $0.value > before[$0.key] ?? 0 }.keys)
      let found = Self.matched(trace, tables)
      #expect(!counted.isEmpty, "\(packet)")
      #expect(found.subtracting(counted).isEmpty, "\(packet): only the evaluator")
      #expect(counted.subtracting(found).isEmpty, "\(packet): only the kernel")
    }
  }

  @Test(.needsRoot, .needs("iptables-legacy-restore", "ip"))
  func chainsPoliciesAndTargets() throws {
    let rules = """
      *filter
      :INPUT DROP
      :A -
      :B -
      -A INPUT -p tcp --dport 22 -j A
      -A INPUT ! -i eth1 -p tcp --dport 23 -g B
      -A INPUT -s 10.9.0.2/31 -p udp -j REJECT --reject-with icmp-admin-prohibited
      -A INPUT -i eth+ ! -s 10.0.0.0/8 -j ACCEPT
      -A INPUT -p tcp --dport 23 -j ACCEPT
      -A A -g B
      -A A -j DROP
      -A B -p tcp --dport 22 -j RETURN
      -A B -p tcp --dport 24 -j ACCEPT
      -A INPUT -p tcp --dport 22 -m comment --comment "let it in" -j ACCEPT
      COMMIT
      *nat
      -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 22
      COMMIT

      """
    let namespace = NamespaceFixture()
    defer { namespace.cleanUp() }
    let host = try namespace.addNamespace()
    try host.command(["iptables-legacy-restore"], input: Array(rules.utf8)).run()
    let tables = try host.inside { try LegacyTables.read() }
    func trace(_ packet: String) throws -> Trace {
      Evaluation(ruleset: Ruleset(), host: Self.host, legacy: tables)
        .trace(try XtablesOracleTests.query(packet))
    }
    let accepted = try trace("in eth0 tcp 10.9.0.2:40001 > 10.9.0.1:22")
    #expect(accepted.verdict == .accept)
    #expect(accepted.decidedBy?.isLegacy == true)
    #expect(accepted.decidedBy?.handle == nil)
    #expect(accepted.decidedBy?.rule?.xtablesComment == "let it in")
    let redirected = try trace("in eth0 tcp 10.9.0.2:40001 > 10.9.0.1:80")
    #expect(redirected.delivery.port == Port(22))
    #expect(redirected.verdict == .accept)
    let policy = try trace("in eth0 tcp 10.9.0.2:40001 > 10.9.0.1:23")
    #expect(policy.verdict == .drop)
    #expect(policy.decidedBy?.isPolicy == true && policy.decidedBy?.isLegacy == true)
    let reject = try trace("in eth0 udp 10.9.0.3:40001 > 10.9.0.1:53")
    #expect(reject.rejection == .icmp(code: 13))
  }

  /// A host with eth0 10.9.0.1/24.
  private static let host: HostSnapshot = {
    let eth0 = Interface(
      index: InterfaceIndex(rawValue: 2), name: "eth0",
      addresses: [InterfaceAddress(address: IPAddress(v4: 0x0a09_0001), prefixLength: 24)])
    let local = Route(
      destination: Prefix(IPAddress(v4: 0x0a09_0001), length: 32), table: 255, type: .local,
      nextHops: [Route.NextHop(gateway: nil, interface: eth0.index)])
    let link = Route(
      destination: Prefix(IPAddress(v4: 0x0a09_0000), length: 24), table: 254, type: .unicast,
      nextHops: [Route.NextHop(gateway: nil, interface: eth0.index)])
    return HostSnapshot(interfaces: [eth0], routes: [local, link])
  }()
}
