import Kernel
import Model
import Synchronization
import TestSupport
import Testing

@Suite struct RulesetLoaderTests {
  /// Writes `text` to a file and loads it in a fresh namespace.
  private func load(_ text: String) throws -> Ruleset {
    let fixture = NamespaceFixture()
    defer { fixture.cleanUp() }
    let namespace = try fixture.addNamespace()
    let path = "/tmp/\(namespace.name).nft"
    try TestFile.write(text.utf8, to: path)
    defer { _ = try? Command(["rm", path]).run() }
    return try namespace.inside {
      try RulesetLoader().load(path)
      return try RulesetReader().read(.everything)
    }
  }

  @Test(.needsRoot) func loadsAFile() throws {
    let ruleset = try load("table ip t { chain c { tcp dport 22 accept; }; }")
    #expect(ruleset.table(.ip, "t")?.chain("c")?.rules.count == 1)
  }

  @Test(.needsRoot) func tellsWhatNftSays() throws {
    let error = #expect(throws: KernelError.self) {
      try load("table ip t { chain c { nonsense } }")
    }
    guard case .program("nft", 1, let message) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(message.contains("syntax error"))
  }
}

/// A ruleset that changes while it is read.
@Suite struct RulesetChangeTests {
  /// Each transaction replaces the rules of two chains, with its number as comment; a read that
  /// mixes two transactions shows different numbers.
  @Test(.needsRoot, .timeLimit(.minutes(1))) func neverMixesGenerations() async throws {
    let fixture = NamespaceFixture()
    defer { fixture.cleanUp() }
    let namespace = try fixture.addNamespace()
    try namespace.loadRuleset("table ip t { chain a { }; chain b { }; }")
    let isOver = Flag()
    async let changes: Void = change(namespace, isOver)
    var numbers: Set<String> = []
    while !isOver.value.load(ordering: .relaxed) {
      let chains = try namespace.inside { try RulesetReader().read(.check) }.tables[0].chains
      let seen = Set(chains.flatMap(\.rules).map { $0.comment ?? "" })
      #expect(seen.count <= 1)
      #expect(chains[0].rules.count == chains[1].rules.count)
      numbers.formUnion(seen)
    }
    try await changes
    #expect(numbers.count > 1)
  }

  private final class Flag: Sendable {
    let value = Atomic(false)
  }

  private func change(_ namespace: TestNamespace, _ isOver: Flag) async throws {
    defer { isOver.value.store(true, ordering: .relaxed) }
    for number in 0..<40 {
      let rules = String(repeating: "accept comment \"\(number)\"\n", count: 40)
      let text = "flush table ip t\ntable ip t { chain a {\n\(rules)}\nchain b {\n\(rules)}\n}"
      try namespace.loadRuleset(text)
    }
  }
}
