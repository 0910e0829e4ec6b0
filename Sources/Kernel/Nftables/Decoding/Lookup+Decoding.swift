internal import Model

// Expressions that use sets and objects. Sources: net/netfilter/nft_lookup.c, nft_dynset.c,
// nft_objref.c. Set ids (`*_SET_ID`) mean something only while a transaction is sent.

extension Lookup {
  /// `NFTA_LOOKUP_SET` 1, `SREG` 2, `DREG` 3, `SET_ID` 4, `FLAGS` 5.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 5)
    self.init(
      set: try a.string(1), source: try a.register(2), destination: try a.registerIfPresent(3),
      isInverted: try a.flags(5, known: 1) & 1 != 0)
  }
}

extension DynamicSet {
  /// `NFTA_DYNSET_SET_NAME` 1, `SET_ID` 2, `OP` 3, `SREG_KEY` 4, `SREG_DATA` 5, `TIMEOUT` 6 (ms),
  /// `EXPR` 7, padding 8, `FLAGS` 9, `EXPRESSIONS` 10.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 10)
    var expressions: [Expression] = []
    if a.has(10) {
      expressions = try Expression.list(nestedIn: a.payload(10))
    } else if a.has(7) {
      expressions = [try Expression(nestedIn: a.payload(7))]
    }
    self.init(
      set: try a.string(1), operation: try a.choice(3, "operation"), key: try a.register(4),
      data: try a.registerIfPresent(5), timeout: try a.be64(6, or: 0),
      isInverted: try a.flags(9, known: 3) & 1 != 0, expressions: expressions)
  }
}

extension ObjectReference {
  /// `NFTA_OBJREF_IMM_TYPE` 1 and `IMM_NAME` 2, or `SET_SREG` 3 and `SET_NAME` 4 (`SET_ID` 5).
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 5)
    if a.has(3) {
      guard !a.has(1), !a.has(2) else { throw NotUnderstood(reason: "both forms") }
      self = .map(set: try a.string(4), key: try a.register(3))
    } else {
      self = .name(try a.string(2), type: try a.be32(1))
    }
  }
}
