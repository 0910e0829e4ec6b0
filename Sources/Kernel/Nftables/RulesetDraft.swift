internal import Model

/// A ruleset while it is read: chains, rules and sets find their table by family and name without
/// a search.
struct RulesetDraft {
  private struct TableKey: Hashable {
    let family: Family
    let name: String
  }

  private struct ChainKey: Hashable {
    let table: Int
    let name: String
  }

  private(set) var tables: [Table] = []
  private var tableIndices: [TableKey: Int] = [:]
  private var chainIndices: [ChainKey: Int] = [:]

  /// The chain that the rules just read belong to: consecutive rules of a dump nearly always share
  /// theirs, so that no name need be hashed, and their rules move into the chain together.
  private var current: (table: Int, chain: Int)?
  private var currentFamily = Family.unspecified
  private var currentTableName: [UInt8] = []
  private var currentChainName: [UInt8] = []
  private var pending: [Rule] = []

  /// Names of the sets that rules use, by table.
  private(set) var usedSets: Set<SetReference> = []
  private(set) var usesObjects = false
  private(set) var usesFlowtables = false

  mutating func add(table message: borrowing NetlinkMessage) throws(KernelError) {
    let table = try Table(message)
    tableIndices[TableKey(family: table.family, name: table.name)] = tables.count
    tables.append(table)
  }

  /// Adds a chain. A table that is not there appeared after the tables were read: the generation
  /// has changed then, and what is dropped here is read again.
  mutating func add(chain message: borrowing NetlinkMessage) throws(KernelError) {
    let a = try message.nftablesAttributes()
    let family = try message.family()
    guard let table = tableIndex(family, a.payload(1)) else { return }
    let chain = try Chain(a, family: family)
    chainIndices[ChainKey(table: table, name: chain.name)] = tables[table].chains.count
    tables[table].chains.append(chain)
  }

  mutating func add(rule message: borrowing NetlinkMessage) throws(KernelError) {
    let a = try message.nftablesAttributes()
    let family = try message.family()
    if family != currentFamily || !a.payload(2).isEqual(to: currentChainName)
      || !a.payload(1).isEqual(to: currentTableName)
    {
      finishChain()
      currentFamily = family
      currentTableName = a.payload(1).copy()
      currentChainName = a.payload(2).copy()
      current = chainIndex(family, a.payload(1), a.payload(2))
    }
    let rule = try Rule(a)
    note(rule)
    pending.append(rule)
  }

  mutating func add(set message: borrowing NetlinkMessage) throws(KernelError) {
    let a = try message.nftablesAttributes()
    guard let table = tableIndex(try message.family(), a.payload(1)) else { return }
    let set = try ElementSet(a)
    if set.flags.contains(.object) { usesObjects = true }
    tables[table].sets.append(set)
  }

  mutating func add(object message: borrowing NetlinkMessage) throws(KernelError) {
    let a = try message.nftablesAttributes()
    guard let table = tableIndex(try message.family(), a.payload(1)) else { return }
    tables[table].objects.append(try StatefulObject(a))
  }

  mutating func add(flowtable message: borrowing NetlinkMessage) throws(KernelError) {
    let a = try message.nftablesAttributes()
    guard let table = tableIndex(try message.family(), a.payload(1)) else { return }
    tables[table].flowtables.append(try Flowtable(a))
  }

  mutating func setElements(_ elements: [Element], table: Int, set: Int) {
    tables[table].sets[set].elements = .loaded(elements)
  }

  /// Moves the last chain's rules into it: to be called after the rules.
  mutating func finishChain() {
    defer { pending.removeAll(keepingCapacity: true) }
    guard let current, !pending.isEmpty else { return }
    tables[current.table].chains[current.chain].rules.append(contentsOf: pending)
  }

  private func tableIndex(_ family: Family, _ name: Span<UInt8>) -> Int? {
    tableIndices[TableKey(family: family, name: name.text())]
  }

  private func chainIndex(
    _ family: Family, _ table: Span<UInt8>, _ chain: Span<UInt8>
  ) -> (table: Int, chain: Int)? {
    guard let table = tableIndex(family, table),
      let chain = chainIndices[ChainKey(table: table, name: chain.text())]
    else { return nil }
    return (table, chain)
  }

  /// Notes what else must be read for this rule.
  private mutating func note(_ rule: Rule) {
    for expression in rule.expressions {
      switch expression {
      case .lookup(let lookup): use(lookup.set)
      case .dynamicSet(let dynamicSet): use(dynamicSet.set)
      case .objectReference(.map(let set, _)):
        use(set)
        usesObjects = true
      case .objectReference: usesObjects = true
      case .flowOffload: usesFlowtables = true
      default: continue
      }
    }
  }

  private mutating func use(_ set: String) {
    guard let current else { return }
    usedSets.insert(
      SetReference(family: currentFamily, table: tables[current.table].name, name: set))
  }
}
