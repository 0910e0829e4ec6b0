import Glibc
import Kernel
import Model
import TestSupport
import Testing

/// Rulesets loaded by nft into a namespace, and read back.
@Suite struct RulesetReaderTests {
  /// Loads `text` into a fresh namespace and reads it back.
  private func read(_ text: String, _ scope: RulesetScope = .everything) throws -> Ruleset {
    let fixture = NamespaceFixture()
    defer { fixture.cleanUp() }
    let namespace = try fixture.addNamespace()
    try namespace.loadRuleset(text)
    return try namespace.inside { try RulesetReader().read(scope) }
  }

  @Test(.needsRoot, arguments: [RulesetScope.everything, .check])
  func anEmptyNamespaceHasNoTables(scope: RulesetScope) throws {
    let ruleset = try read("", scope)
    #expect(ruleset.tables.isEmpty)
    #expect(ruleset.generation > 0)
  }

  @Test(.needsRoot) func readsTablesChainsAndRules() throws {
    let ruleset = try read(
      """
      table inet t {
        comment "the table"
        set ports { type inet_service; flags interval; comment "open"; elements = { 22, 80-90 } }
        map vm { type ipv4_addr . inet_service : verdict; flags interval;
          elements = { 10.0.0.0/24 . 443 : jump j } }
        chain j { }
        chain c {
          type filter hook input priority -5; policy drop;
          ip saddr 10.0.0.0/9 tcp dport @ports accept comment "ssh"
          ip saddr . tcp dport vmap @vm
        }
      }
      table ip sleeping {
        flags dormant
        chain o { type route hook output priority mangle; }
      }
      """)
    let table = try #require(ruleset.table(.inet, "t"))
    #expect(table.comment == "the table")
    #expect(!table.isDormant)
    #expect(table.chains.map(\.name) == ["j", "c"])
    let chain = try #require(table.chain("c"))
    #expect(
      chain.base
        == BaseChain(
          kind: .filter, hook: .input, priority: Priority(rawValue: -5), policy: .drop))
    let one = Register.data(offset: 0)
    #expect(chain.rules.map(\.comment) == ["ssh", nil])
    #expect(
      chain.rules.first?.expressions == [
        .meta(Meta(destination: one, key: .networkFamily)),
        .compare(Compare(source: one, operation: .equal, data: [2])),
        .payload(Payload(destination: one, base: .network, offset: 12, length: 4)),
        .bitwise(
          Bitwise(
            source: one, destination: one, length: 4,
            operation: .maskXor(mask: [255, 128, 0, 0], xor: [0, 0, 0, 0]))),
        .compare(Compare(source: one, operation: .equal, data: [10, 0, 0, 0])),
        .meta(Meta(destination: one, key: .transportProtocol)),
        .compare(Compare(source: one, operation: .equal, data: [6])),
        .payload(Payload(destination: one, base: .transport, offset: 2, length: 2)),
        .lookup(Lookup(set: "ports", source: one)),
        .immediate(Immediate(destination: .verdict, value: .verdict(.accept))),
      ])
    #expect(
      chain.rules.last?.expressions.last
        == .lookup(Lookup(set: "vm", source: one, destination: .verdict)))
    let sleeping = try #require(ruleset.table(.ip, "sleeping"))
    #expect(sleeping.isDormant)
    #expect(sleeping.chain("o")?.base?.kind == .route)
    #expect(sleeping.chain("o")?.base?.priority == .mangle)
    try expectSets(of: table)
  }

  private func expectSets(of table: Table) throws {
    let ports = try #require(table.set("ports"))
    #expect(ports.flags == .interval)
    #expect(ports.keyLength == 2)
    #expect(ports.keyByteOrder == 2)
    #expect(ports.comment == "open")
    guard case .loaded(let elements) = ports.elements else {
      Issue.record("not loaded")
      return
    }
    let bounds = elements.filter { $0.key != [0, 0] }
      .sorted { ($0.key ?? []).lexicographicallyPrecedes($1.key ?? []) }
      .map { "\($0.key ?? [])\($0.isIntervalEnd ? ")" : "")" }
    #expect(bounds == ["[0, 22]", "[0, 23])", "[0, 80]", "[0, 91])"])
    let map = try #require(table.set("vm"))
    #expect(map.isVerdictMap)
    #expect(map.fieldLengths == [4, 2])
    #expect(
      map.elements
        == .loaded([
          Element(
            key: [10, 0, 0, 0, 1, 187, 0, 0], keyEnd: [10, 0, 0, 255, 1, 187, 0, 0],
            data: .verdict(.jump(chain: "j")))
        ]))
  }

  /// One rule for each expression that nft can write here; none may come back unknown.
  @Test(.needsRoot, arguments: ExpressionCase.all)
  func everyExpressionHasItsType(example: ExpressionCase) throws {
    let ruleset = try read(example.ruleset)
    let rules = ruleset.tables.flatMap(\.chains).flatMap(\.rules)
    #expect(!rules.isEmpty)
    let names = rules.flatMap(\.expressions).map(caseName)
    #expect(!names.contains("unknown"), "\(rules)")
    #expect(names.contains(example.expected), "\(names)")
  }

  private func caseName(_ expression: Expression) -> String {
    let text = "\(expression)"
    return String(text.prefix { $0 != "(" })
  }

  @Test(.needsRoot) func checkAsksForLittle() throws {
    let many = (0..<3000).map { "10.0.\($0 / 250).\($0 % 250)" }.joined(separator: ", ")
    let ruleset = try read(
      """
      table ip t {
        counter unused { }
        set small { type inet_service; elements = { 22, 80 }; }
        set unused { type inet_service; elements = { 1 }; }
        set large { type ipv4_addr; elements = { \(many) }; }
        chain c { type filter hook input priority 0;
          tcp dport @small accept
          ip saddr @large drop
          tcp dport { 1, 2, 3 } drop
        }
      }
      """, .check)
    let table = try #require(ruleset.table(.ip, "t"))
    #expect(table.objects.isEmpty)
    #expect(table.chain("c")?.rules.count == 3)
    for set in table.sets {
      switch (set.name, set.elements) {
      case ("small", .loaded(let elements)): #expect(elements.count == 2)
      case ("unused", .onDemand): continue
      case ("large", .onDemand(let count)): #expect(count == nil || count == 3000)
      case (_, .loaded(let elements)) where set.flags.contains(.anonymous):
        #expect(elements.count == 3)
      default: Issue.record("\(set.name): \(set.elements)")
      }
    }
  }

  @Test(.needsRoot) func readsObjects() throws {
    let ruleset = try read(
      """
      table inet t {
        counter k { packets 7 bytes 9 }
        quota q { over 10 mbytes }
        limit l { rate 5/second }
        synproxy s { mss 1460; wscale 7; timestamp sack-perm; }
        map objects { type inet_service : counter; elements = { 22 : "k" }; }
        chain c { type filter hook forward priority 0;
          counter name "k"
          counter name tcp dport map @objects
        }
      }
      """, .check)
    let table = try #require(ruleset.table(.inet, "t"))
    #expect(
      table.objects.first { $0.name == "k" }?.content == .counter(Counter(packets: 7, bytes: 9)))
    #expect(
      table.objects.first { $0.name == "q" }?.content
        == .quota(Quota(bytes: 10 << 20, consumed: 0, isOver: true)))
    #expect(
      table.objects.first { $0.name == "l" }?.content
        == .limit(Limit(rate: 5, unit: 1, burst: 5, countsBytes: false, isOver: false)))
    #expect(
      table.objects.first { $0.name == "s" }?.content
        == .synproxy(SynProxy(mss: 1460, windowScale: 7, flags: 0xf)))
    let map = try #require(table.set("objects"))
    #expect(map.objectType == 1)
    #expect(map.elements == .loaded([Element(key: [0, 22], object: "k")]))
  }

  @Test(.needsRoot) func readsElementsWithTheirExtras() throws {
    let ruleset = try read(
      """
      table ip t {
        set s { type inet_service; flags timeout; counter;
          elements = { 22 timeout 1h comment "here", 80 } }
        map m { type inet_service : ipv4_addr; elements = { 1 : 10.0.0.1, * : 10.0.0.2 } }
      }
      """)
    let table = try #require(ruleset.table(.ip, "t"))
    guard case .loaded(let elements) = table.set("s")?.elements,
      case .loaded(let pairs) = table.set("m")?.elements
    else {
      Issue.record("not loaded")
      return
    }
    #expect(table.set("s")?.expressions == [.counter(Counter())])
    let ssh = try #require(elements.first { $0.key == [0, 22] })
    #expect(ssh.timeout == 3_600_000)
    #expect((3_500_000...3_600_000).contains(ssh.expiration ?? 0))
    #expect(ssh.comment == "here")
    #expect(ssh.expressions == [.counter(Counter())])
    #expect(pairs.first { $0.key == nil }?.data == .value([10, 0, 0, 2]))
    #expect(pairs.first { $0.key == [0, 1] }?.data == .value([10, 0, 0, 1]))
  }

  @Test(.needsRoot) func withoutCapabilitiesTheErrorsSaySo() throws {
    let fixture = NamespaceFixture()
    defer { fixture.cleanUp() }
    let namespace = try fixture.addNamespace()
    try namespace.loadRuleset("table ip t { }")
    func error(of body: () throws(KernelError) -> Void) -> KernelError? {
      do throws(KernelError) {
        try body()
        return nil
      } catch {
        return error
      }
    }
    let errors = try namespace.inside {
      // The capabilities are the thread's, which ends afterwards.
      try Privilege.dropAllCapabilities()
      return [
        error { () throws(KernelError) in _ = try RulesetReader().read(.check) },
        error { () throws(KernelError) in _ = try TraceReader() },
      ]
    }
    #expect(errors.map { $0?.errorNumber } == [.notPermitted, .notPermitted])
    #expect(errors.allSatisfy { $0?.isPermission == true })
  }
}
