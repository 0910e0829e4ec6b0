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
    /// Conntrack's defragmentation, which holds fragments back.
    case defragmentation
    /// The conntrack hook: packets get their entry.
    case conntrack
    /// br_netfilter, which calls IP's hooks for what a bridge carries.
    case internetHooks
    /// The one dispatcher that asks the nat chains of a hook, in their order.
    case nat([Int])
  }

  private struct StageKey: Hashable {
    var hook: Hook
    var family: IPFamily
  }

  private struct LowerKey: Hashable {
    var hook: Hook
    var family: Family
  }

  private struct Name: Hashable {
    var table: Int
    var name: String
  }

  /// With the tables of xtables-legacy in front.
  let ruleset: Ruleset
  private(set) var chains: [ChainEntry] = []
  private var chainByName: [Name: Int] = [:]
  private var setByName: [Name: SetIndex] = [:]
  private var objectByName: [Name: StatefulObject] = [:]
  private var stages: [StageKey: [Stage]] = [:]
  private var deviceStages: [String: [Int]] = [:]
  /// The chain whose registration brought the nat dispatcher of a family.
  private var dispatcher: [IPFamily: Int] = [:]
  /// Of bridges and ARP.
  private var lowerStages: [LowerKey: [Stage]] = [:]
  /// The families in which conntrack runs because something uses it.
  let tracked: Set<IPFamily>
  /// The families in which fragments are put together because something asks for whole packets.
  let defragmented: Set<IPFamily>
  /// The families in which nat chains exist.
  private(set) var translated: Set<IPFamily>

  let ipSets: (any IPSetSource)?
  /// The number of tables, at the front, that belong to xtables-legacy.
  private let legacyCount: Int

  /// - Parameter legacy: xtables-legacy's tables. Where a priority is equal they are taken to have
  ///   been registered before nf_tables' chains, and so run after them.
  init(
    _ ruleset: Ruleset, legacy: [LegacyTable], elements: (any ElementSource)?,
    ipSets: (any IPSetSource)?
  ) {
    self.ipSets = ipSets
    let all = legacy.map(\.asTable)
    let whole = Ruleset(tables: all + ruleset.tables)
    tracked = ConntrackUsers.families(whole)
    defragmented = tracked.union(ConntrackUsers.defragmentingFamilies(whole))
    // A table that lets everything pass is nowhere on the way; its nat hooks are.
    let active = zip(legacy, all).filter { !$0.0.isHarmless }.map(\.1)
    translated = Set(legacy.filter { $0.name == "nat" }.map(\.family))
    legacyCount = active.count
    var ruleset = ruleset
    ruleset.tables.insert(contentsOf: active, at: 0)
    self.ruleset = ruleset
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

  /// Whether a chain belongs to xtables-legacy.
  func isLegacy(_ entry: ChainEntry) -> Bool { entry.table < legacyCount }

  func table(of entry: ChainEntry) -> Table { ruleset.tables[entry.table] }

  func chain(_ name: String, table: Int) -> Int? { chainByName[Name(table: table, name: name)] }

  func set(_ name: String, table: Int) -> SetIndex? { setByName[Name(table: table, name: name)] }

  func object(_ name: String, table: Int) -> StatefulObject? {
    objectByName[Name(table: table, name: name)]
  }

  func stages(_ hook: Hook, _ family: IPFamily) -> [Stage] {
    stages[StageKey(hook: hook, family: family)] ?? []
  }

  /// What runs at a hook of `bridge` or `arp`.
  func stages(_ hook: Hook, below family: Family) -> [Stage] {
    lowerStages[LowerKey(hook: hook, family: family)] ?? []
  }

  /// Ingress or egress chains of a device, in order.
  func deviceChains(_ hook: Hook, _ device: String) -> [Int] {
    deviceStages[hook.name + " " + device] ?? []
  }

  /// Whether chains of equal priority from different tables meet at a hook.
  private(set) var hasAmbiguousOrder = false
  /// Whether a legacy table meets an nf_tables chain of equal priority.
  private(set) var hasAmbiguousLegacyOrder = false

  private func arrangeHooks() {
    let active = chains.indices.filter { index in
      chains[index].chain.base != nil && !ruleset.tables[chains[index].table].isDormant
    }
    // The first nat chain of a family brings the dispatcher to all four hooks (nf_nat_register_fn).
    for index in active where chains[index].chain.base?.kind == .nat {
      let families = ConntrackUsers.members(of: table(of: chains[index]).family)
      translated.formUnion(families)
      for family in families where dispatcher[family] == nil { dispatcher[family] = index }
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
    arrangeLowerHooks(active)
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

  /// Hooks of bridges and of ARP, with what br_netfilter (`br_nf_ops`) and conntrack
  /// (`nf_ct_bridge_hook_ops`) have there.
  private func arrangeLowerHooks(_ active: [Int]) {
    let bridges = ruleset.tables.filter { $0.family == .bridge }
    let isTracked = !ConntrackUsers.families(Ruleset(tables: bridges)).isEmpty
    for family in [Family.bridge, .arp] {
      for hook in [Hook.prerouting, .input, .forward, .output, .postrouting] {
        let here = active.filter {
          chains[$0].chain.base?.hook == hook && ruleset.tables[chains[$0].table].family == family
        }
        var list: [(Priority, Int, Stage)] = sorted(here).enumerated().map {
          (priority($0.element), $0.offset, .chain($0.element))
        }
        if family == .bridge {
          switch hook {
          case .prerouting:
            if isTracked { list.append((.conntrack, -1, .conntrack)) }
            list.append((.filter, .max, .internetHooks))
          case .forward: list.append((Priority(rawValue: -1), .max, .internetHooks))
          case .postrouting: list.append((Priority(rawValue: .max), .max, .internetHooks))
          default: break
          }
        }
        lowerStages[LowerKey(hook: hook, family: family)] =
          list.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
      }
    }
  }

  private func order(_ here: [Int], _ hook: Hook, _ family: IPFamily) -> [Stage] {
    let nat = here.filter { chains[$0].chain.base?.kind == .nat }
    let others = here.filter { chains[$0].chain.base?.kind != .nat }
    // Among equals the last registered comes first; conntrack comes with the first rule that needs
    // it, after the chains.
    var list: [(Priority, Int, Stage)] = sorted(others).map { (priority($0), -$0, .chain($0)) }
    if hook == .prerouting || hook == .output {
      if defragmented.contains(family) {
        list.append((.defragmentation, .min, .defragmentation))
      }
      if tracked.contains(family) { list.append((.conntrack, .min, .conntrack)) }
    }
    if hook != .forward, tracked.contains(family), translated.contains(family) {
      let isDestination = hook == .prerouting || hook == .output
      let registration = dispatcher[family].map { -$0 } ?? .min
      list.append((isDestination ? .destinationNAT : .sourceNAT, registration, .nat(sorted(nat))))
    }
    return list.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
  }

  /// By priority; among equals the last registered first, taken to be the reverse of the dump's
  /// order.
  private func sorted(_ list: [Int]) -> [Int] {
    for a in list {
      for b in list where a < b && chains[a].table != chains[b].table {
        guard priority(a) == priority(b) else { continue }
        if isLegacy(chains[a]) {
          hasAmbiguousLegacyOrder = true
        } else {
          hasAmbiguousOrder = true
        }
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
