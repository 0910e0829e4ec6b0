internal import Model

extension Rule {
  /// Decodes NEWRULE: `NFTA_RULE_HANDLE` 3, `EXPRESSIONS` 4, `USERDATA` 7. An attribute beyond
  /// those that exist today (11) may change what the rule does, and is kept as an unknown
  /// expression. Source: `nf_tables_fill_rule_info`, net/netfilter/nf_tables_api.c.
  init(_ a: borrowing AttributeTable) throws(KernelError) {
    let handle = try understood("rule") { () throws(NotUnderstood) in try a.be64(3) }
    var expressions = a.has(4) ? try Expression.list(a.payload(4)) : []
    do throws(NotUnderstood) {
      try a.allow(through: 11)
    } catch {
      let unknown = UnknownExpression(name: "rule", reason: error.reason, bytes: [])
      expressions.insert(.unknown(unknown), at: 0)
    }
    self.init(
      handle: handle, expressions: expressions,
      comment: a.has(7) ? UserData(a.payload(7)).text(0) : nil)
  }
}
