internal import Kernel
internal import Model
internal import Reporting

/// Rules in nft's words, for the tables of one ruleset. Each rule is worded once.
final class RuleWords {
  private struct Key: Hashable {
    var family: Family
    var table: String
    var handle: UInt64
  }

  private static let clock = LocalClock { LocalTime.offset(at: $0) }

  private let ruleset: Ruleset
  private let interfaces: [InterfaceIndex: String]
  private var known: [Key: (rule: Rule, text: String)] = [:]

  init(ruleset: Ruleset, interfaces: [Interface]) {
    self.ruleset = ruleset
    self.interfaces = Dictionary(
      interfaces.map { ($0.index, $0.name) }, uniquingKeysWith: { first, _ in first })
  }

  /// The rule of a step; empty if it has none. Rules of other namespaces are worded without their
  /// sets.
  func text(of step: TraceStep) -> String {
    guard let rule = step.rule else { return "" }
    if step.isLegacy {
      let table = Table(family: step.family, name: step.table)
      return RuleText(table: table).iptablesText(of: rule)
    }
    // Handles are unique within a table of one namespace.
    let key = Key(family: step.family, table: step.table, handle: rule.handle)
    if let known = known[key], known.rule == rule { return known.text }
    let table =
      ruleset.table(step.family, step.table)
      ?? Table(family: step.family, name: step.table)
    let text = RuleText(table: table, interfaces: interfaces, clock: Self.clock).text(of: rule)
    known[key] = (rule, text)
    return text
  }
}
