extension Ruleset {
  /// Whether a rule asks for the local socket that a packet belongs to: `socket`, `tproxy` and
  /// their xtables forms. Only then is the table of all sockets worth reading.
  package var asksForSockets: Bool {
    tables.contains { table in
      table.chains.contains { chain in chain.rules.contains(where: \.asksForSockets) }
    }
  }
}

extension LegacyTable {
  /// The same of a table of xtables-legacy.
  package var asksForSockets: Bool {
    chains.contains { chain in
      chain.rules.contains { rule in
        if case .xtables(let target) = rule.target, target.name == "TPROXY" { return true }
        return rule.matches.contains { $0.name == "socket" }
      }
    }
  }
}

extension Rule {
  fileprivate var asksForSockets: Bool {
    expressions.contains { expression in
      switch expression {
      case .socket, .transparentProxy: true
      case .xtablesMatch(let match): match.name == "socket"
      case .xtablesTarget(let target): target.name == "TPROXY"
      default: false
      }
    }
  }
}
