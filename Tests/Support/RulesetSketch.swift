/// A ruleset as text in pieces, so that pieces can be left out.
package struct RulesetSketch: Sendable {
  package struct Rule: Sendable {
    /// What it matches and does, in nft's language; the verdict is last.
    package var parts: [String]
  }

  package struct Chain: Sendable {
    package var name: String
    /// The line of a base chain; empty for others.
    package var header: String
    package var rules: [Rule]
  }

  package struct Table: Sendable {
    package var family: String
    package var name: String
    /// Sets, maps and objects: one line each.
    package var declarations: [String]
    package var chains: [Chain]
  }

  package var tables: [Table]

  /// nft's language, a rule or declaration a line.
  package var text: String { lines.map(\.text).joined(separator: "\n") + "\n" }

  /// What a line of `text` is.
  enum Origin {
    case frame
    case declaration(table: Int, Int)
    case header(table: Int, chain: Int)
    case rule(table: Int, chain: Int, Int)
  }

  var lines: [(text: String, origin: Origin)] {
    var lines: [(text: String, origin: Origin)] = []
    for (number, table) in tables.enumerated() {
      lines.append(("table \(table.family) \(table.name) {", .frame))
      // What is jumped to must be known before.
      for chain in table.chains where chain.header.isEmpty {
        lines.append(("  chain \(chain.name) { }", .frame))
      }
      for (index, declaration) in table.declarations.enumerated() {
        lines.append(("  " + declaration, .declaration(table: number, index)))
      }
      for (index, chain) in table.chains.enumerated() {
        lines.append(("  chain \(chain.name) {", .frame))
        if !chain.header.isEmpty {
          lines.append(("    " + chain.header, .header(table: number, chain: index)))
        }
        for (place, rule) in chain.rules.enumerated() {
          let text = "    " + rule.parts.joined(separator: " ")
          lines.append((text, .rule(table: number, chain: index, place)))
        }
        lines.append(("  }", .frame))
      }
      lines.append(("}", .frame))
    }
    return lines
  }

  /// Takes out what nft complained of, whose messages name lines: `/dev/stdin:12:3-9: Error: ...`.
  ///
  /// - Returns: whether anything was taken out.
  package mutating func remove(refusedBy message: String) -> Bool {
    let lines = lines
    var numbers: Set<Int> = []
    for line in message.split(separator: "\n") where line.contains("Error") {
      let fields = line.split(separator: ":")
      if fields.count > 2, let number = Int(fields[1]) { numbers.insert(number - 1) }
    }
    var removed = false
    for number in numbers.sorted(by: >) where lines.indices.contains(number) {
      switch lines[number].origin {
      case .frame: break
      case .declaration(let table, let index):
        tables[table].declarations.remove(at: index)
        removed = true
      case .header(let table, let chain):
        tables[table].chains[chain].header = ""
        removed = true
      case .rule(let table, let chain, let index):
        tables[table].chains[chain].rules.remove(at: index)
        removed = true
      }
    }
    return removed
  }

  /// Every ruleset that is this one with one piece less, the largest pieces first.
  package var smaller: [RulesetSketch] {
    var result: [RulesetSketch] = []
    func without(_ change: (inout RulesetSketch) -> Void) {
      var copy = self
      change(&copy)
      result.append(copy)
    }
    for table in tables.indices { without { $0.tables.remove(at: table) } }
    for (t, table) in tables.enumerated() {
      for c in table.chains.indices { without { $0.tables[t].chains.remove(at: c) } }
    }
    for (t, table) in tables.enumerated() {
      for (c, chain) in table.chains.enumerated() where chain.rules.count > 3 {
        let half = chain.rules.count / 2
        without { $0.tables[t].chains[c].rules.removeFirst(half) }
        without { $0.tables[t].chains[c].rules.removeLast(half) }
      }
    }
    for (t, table) in tables.enumerated() {
      for (c, chain) in table.chains.enumerated() {
        for r in chain.rules.indices { without { $0.tables[t].chains[c].rules.remove(at: r) } }
      }
      for d in table.declarations.indices {
        without { $0.tables[t].declarations.remove(at: d) }
      }
    }
    for (t, table) in tables.enumerated() {
      for (c, chain) in table.chains.enumerated() {
        for (r, rule) in chain.rules.enumerated() where rule.parts.count > 1 {
          for p in rule.parts.indices {
            without { $0.tables[t].chains[c].rules[r].parts.remove(at: p) }
          }
        }
      }
    }
    return result
  }
}
