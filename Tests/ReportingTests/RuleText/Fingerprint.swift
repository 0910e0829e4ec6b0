import Model

/// Rules and sets without what differs from load to load: handles, counts, times left, and the
/// names of anonymous sets and chains, which stand for their contents.
enum Fingerprint {
  static func of(_ rule: Rule, _ table: Table) -> [String] {
    rule.expressions.map { of($0, table) } + ["comment \(rule.comment ?? "")"]
  }

  private static func of(_ expression: Expression, _ table: Table) -> String {
    switch expression {
    case .lookup(let lookup):
      guard let set = table.set(lookup.set), set.flags.contains(.anonymous) else { break }
      var named = lookup
      named.set = ""
      return "\(named) \(contents(set))"
    case .objectReference(.map(let name, let key)):
      guard let set = table.set(name), set.flags.contains(.anonymous) else { break }
      return "\(key) \(contents(set))"
    case .immediate(let immediate):
      switch immediate.value {
      case .verdict(.jump(let name)), .verdict(.goto(let name)):
        guard let chain = table.chain(name), chain.flags & 4 != 0 else { break }
        return chain.rules.map { "\(of($0, table))" }.joined(separator: ";")
      default: break
      }
    default: break
    }
    return "\(plain(expression))"
  }

  private static func plain(_ expression: Expression) -> Expression {
    switch expression {
    case .counter: return .counter(Counter())
    case .quota(var quota):
      quota.consumed = 0
      return .quota(quota)
    default: return expression
    }
  }

  static func of(_ set: ElementSet) -> [String] {
    var head = set
    head.handle = 0
    head.elements = .loaded([])
    head.expressions = set.expressions.map(plain)
    return ["\(head)"] + elements(set)
  }

  /// An anonymous set's types are nft's affair, its sizes and elements are not.
  private static func contents(_ set: ElementSet) -> String {
    "\(set.flags) \(set.keyLength) \(set.dataLength) \(set.fieldLengths) \(elements(set))"
  }

  private static func elements(_ set: ElementSet) -> [String] {
    guard case .loaded(let list) = set.elements else { return [] }
    return list.map {
      var element = $0
      element.expiration = nil
      element.expressions = element.expressions.map(plain)
      return "\(element)"
    }.sorted()
  }
}
