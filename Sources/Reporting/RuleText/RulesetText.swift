package import Model

/// Renders whole tables in the syntax of `nft list ruleset`, so that `nft -f` loads them again.
package struct RulesetText {
  let interfaces: [InterfaceIndex: String]

  package init(interfaces: [InterfaceIndex: String] = [:]) {
    self.interfaces = interfaces
  }

  package func text(of ruleset: Ruleset) -> String {
    ruleset.tables.map { text(of: $0) }.joined(separator: "\n")
  }

  /// A table with everything in it, each line ended.
  package func text(of table: Table) -> String {
    let rules = RuleText(table: table, interfaces: interfaces)
    let sets = SetText(elements: ElementText(literal: rules.literal, table: table))
    var lines = ["table \(table.family.name) \(Escaping.printable(table.name)) {"]
    if table.isDormant { lines.append("\tflags dormant") }
    if let comment = table.comment { lines.append("\tcomment " + Literal.quoted(comment)) }
    var blocks = table.objects.compactMap { ObjectText.lines(of: $0) }
    blocks += table.flowtables.map { ObjectText.lines(of: $0) }
    blocks += table.sets.filter { !$0.flags.contains(.anonymous) }.map { sets.lines(of: $0) }
    // NFT_CHAIN_BINDING: written where it is called.
    blocks += table.chains.filter { $0.flags & 4 == 0 }.map { self.lines(of: $0, rules) }
    for (position, block) in blocks.enumerated() {
      if position > 0 { lines.append("") }
      lines += block.map { line in "\t" + line }
    }
    lines.append("}")
    return lines.joined(separator: "\n") + "\n"
  }

  private func lines(of chain: Chain, _ rules: RuleText) -> [String] {
    var lines = ["chain \(Escaping.printable(chain.name)) {"]
    if let comment = chain.comment { lines.append("\tcomment " + Literal.quoted(comment)) }
    if let base = chain.base { lines.append("\t" + rules.text(of: base)) }
    // NFT_CHAIN_HW_OFFLOAD
    if chain.flags & 2 != 0 { lines.append("\tflags offload") }
    lines += chain.rules.map { "\t" + rules.text(of: $0) }
    return lines + ["}"]
  }
}
