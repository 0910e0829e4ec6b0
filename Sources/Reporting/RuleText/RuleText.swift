package import Model

/// Renders the rules of one table as text: nft syntax, or iptables syntax for a rule with xtables
/// parts.
///
/// Loading the text with `nft` gives the same expressions again, except where square brackets mark
/// what nft has no words for. Text from outside (names, comments, prefixes) is made printable.
package struct RuleText {
  let table: Table
  let literal: Literal

  /// - Parameters:
  ///   - table: the rules' table, with the sets, maps and bound chains that they refer to.
  ///   - interfaces: names for `iif`, which the kernel keeps as an index.
  ///   - clock: for times of day and dates.
  package init(
    table: Table, interfaces: [InterfaceIndex: String] = [:], clock: LocalClock = .utc
  ) {
    self.init(table: table, literal: Literal(interfaces: interfaces, clock: clock))
  }

  init(table: Table, literal: Literal) {
    self.table = table
    self.literal = literal
  }

  /// One rule on one line, its comment included.
  package func text(of rule: Rule) -> String {
    var text = text(of: rule.expressions)
    if let comment = rule.comment {
      text += (text.isEmpty ? "" : " ") + "comment " + Literal.quoted(comment)
    }
    return text
  }

  /// A rule of xtables-legacy in iptables' words, even where it has no match or target of its own.
  package func iptablesText(of rule: Rule) -> String {
    XtablesRuleText.text(rule.expressions, family: table.family, isLegacy: true)
      ?? text(of: rule)
  }

  /// Expressions alone.
  package func text(of expressions: [Expression]) -> String {
    if let text = XtablesRuleText.text(expressions, family: table.family) { return text }
    var walk = RuleWalk(table: table, literal: literal, expressions: expressions)
    return walk.run().joined(separator: " ")
  }

  /// `type filter hook input priority filter; policy drop;`
  package func text(of base: BaseChain) -> String {
    var text = "type \(Escaping.printable(base.kind.name)) hook \(base.hook.name)"
    switch base.devices.count {
    case 0: break
    case 1: text += " device " + Literal.quoted(base.devices[0])
    default:
      text += " devices = { " + base.devices.map(Literal.quoted).joined(separator: ", ") + " }"
    }
    text += " priority \(priority(base));"
    return text + " policy \(base.policy == .drop ? "drop" : "accept");"
  }

  /// A name where nft has one for the family and hook (`std_prios`, src/rule.c of nftables), else a
  /// number.
  private func priority(_ base: BaseChain) -> String {
    let names: [(Int32, String)] =
      table.family == .bridge
      ? [(-300, "dstnat"), (-200, "filter"), (100, "out"), (300, "srcnat")]
      : [
        (-300, "raw"), (-150, "mangle"), (-100, "dstnat"), (0, "filter"), (50, "security"),
        (100, "srcnat"),
      ]
    let value = base.priority.rawValue
    guard let name = names.first(where: { $0.0 == value })?.1 else { return String(value) }
    let fits =
      switch name {
      case "dstnat": base.hook == .prerouting
      case "srcnat": base.hook == .postrouting
      case "out": base.hook == .output
      case "filter": true
      default: table.family != .arp && table.family != .netdev
      }
    return fits ? name : String(value)
  }
}
