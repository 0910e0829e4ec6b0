internal import Model

/// A ruleset, prepared for evaluation: chains by name, sets by name, and what runs at each hook.
final class RulesetIndex {
  /// A chain with its table, as jumps refer to it.
  struct ChainEntry {
    var table: Int
    var chain: Chain
  }

  /// What runs at a hook, in order.
  enum Stage {
    case chain(Int)
    /// The conntrack hook: packets get their entry.
    case conntrack
    /// The one dispatcher that asks the nat chains of a hook, in their order.
    case nat([Int])
  }

  private struct StageKey: Hashable {
    var hook: Hook
    var family: IPFamily
  }

  private struct Name: Hashable {
    var table: Int
    var name: String
  }

  let ruleset: Ruleset
  private(set) var chains: [ChainEntry] = []
  private var chainByName: [Name: Int] = [:]
  private var setByName: [Name: SetIndex] = [:]
  private var objectByName: [Name: StatefulObject] = [:]
  private var stages: [StageKey: [Stage]] = [:]
  private var deviceStages: [String: [Int]] = [:]
  /// The families in which conntrack runs because something uses it.
  let tracked: Set<IPFamily>
  /// The families in which nat chains exist.
  private(set) var translated: Set<IPFamily> = []

  init(_ ruleset: Ruleset, elements: (any ElementSource)?) {
    self.ruleset = ruleset
    tracked = ConntrackUsers.families(ruleset)
    for (number, table) in ruleset.tables.enumerated() {
      for chain in table.chains {
        chainByName[Name(table: number, name: chain.name)] = chains.count
        chains.append(ChainEntry(table: number, chain: chain))
      }
      for set in table.sets {
        let reference = SetReference(family: table.family, table: table.name, name: set.name)
        setByName[Name(table: number, name: set.name)] = SetIndex(
          set, reference: reference, source: elements)
      }
      for object in table.objects {
        objectByName[Name(table: number, name: object.name)] = object
      }
    }
    arrangeHooks()
  }

  func table(of entry: ChainEntry) -> Table { ruleset.tables[entry.table] }

  func chain(_ name: String, table: Int) -> Int? { chainByName[Name(table: table, name: name)] }

  func set(_ name: String, table: Int) -> SetIndex? { setByName[Name(table: table, name: name)] }

  func object(_ name: String, table: Int) -> StatefulObject? {
    objectByName[Name(table: table, name: name)]
  }

  func stages(_ hook: Hook, _ family: IPFamily) -> [Stage] {
    stages[StageKey(hook: hook, family: family)] ?? []
  }

  /// Ingress or egress chains of a device, in order.
  func deviceChains(_ hook: Hook, _ device: String) -> [Int] {
    deviceStages[hook.name + " " + device] ?? []
  }

  /// Whether chains of equal priority from different tables meet at a hook.
  private(set) var hasAmbiguousOrder = false

  private func arrangeHooks() {
    let active = chains.indices.filter { index in
      chains[index].chain.base != nil && !ruleset.tables[chains[index].table].isDormant
    }
    // The first nat chain of a family brings the dispatcher to all four hooks (nf_nat_register_fn).
    for index in active where chains[index].chain.base?.kind == .nat {
      translated.formUnion(ConntrackUsers.members(of: table(of: chains[index]).family))
    }
    for hook in [Hook.prerouting, .input, .forward, .output, .postrouting] {
      for family in IPFamily.allCases {
        let here = active.filter {
          chains[$0].chain.base?.hook == hook
            && ruleset.tables[chains[$0].table].family.covers(family)
        }
        stages[StageKey(hook: hook, family: family)] = order(here, hook, family)
      }
    }
    for hook in [Hook.ingress, .egress] {
      for index in active where chains[index].chain.base?.hook == hook {
        for device in chains[index].chain.base?.devices ?? [] {
          deviceStages[hook.name + " " + device, default: []].append(index)
        }
      }
    }
    for key in deviceStages.keys {
      deviceStages[key] = sorted(deviceStages[key] ?? [])
    }
  }

  private func order(_ here: [Int], _ hook: Hook, _ family: IPFamily) -> [Stage] {
    let nat = here.filter { chains[$0].chain.base?.kind == .nat }
    let others = here.filter { chains[$0].chain.base?.kind != .nat }
    var list: [(Priority, Int, Stage)] = sorted(others).enumerated().map {
      (priority($0.element), $0.offset, .chain($0.element))
    }
    if tracked.contains(family), hook == .prerouting || hook == .output {
      list.append((.conntrack, -1, .conntrack))
    }
    if hook != .forward, tracked.contains(family), translated.contains(family) {
      let isDestination = hook == .prerouting || hook == .output
      list.append((isDestination ? .destinationNAT : .sourceNAT, -1, .nat(sorted(nat))))
    }
    return list.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
  }

  /// By priority; among equals the last registered first, taken to be the reverse of the dump's order.
  private func sorted(_ list: [Int]) -> [Int] {
    for a in list {
      for b in list where a < b && chains[a].table != chains[b].table {
        if priority(a) == priority(b) { hasAmbiguousOrder = true }
      }
    }
    return list.sorted { a, b in
      priority(a) == priority(b) ? a > b : priority(a) < priority(b)
    }
  }

  private func priority(_ index: Int) -> Priority {
    chains[index].chain.base?.priority ?? .filter
  }
}
