internal import Model

// Expressions that send the packet elsewhere, and xtables extensions. Sources:
// net/netfilter/nft_reject.c, nft_queue.c, nft_dup_netdev.c, ipv4/netfilter/nft_dup_ipv4.c,
// nft_fwd_netdev.c, nft_flow_offload.c, nft_ct.c (notrack), nft_compat.c.

extension Reject {
  /// `NFTA_REJECT_TYPE` 1, `ICMP_CODE` 2 (u8; absent for a TCP reset).
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 2)
    let kind: Kind = try a.choice(1, "type")
    self.init(kind: kind, code: kind == .tcpReset && !a.has(2) ? 0 : try a.u8(2))
  }
}

extension Queue {
  /// `NFTA_QUEUE_NUM` 1, `TOTAL` 2, `FLAGS` 3 (each u16), `SREG_QNUM` 4.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 4)
    let flags = a.has(3) ? try a.be16(3) : 0
    guard flags & ~3 == 0 else { throw NotUnderstood(reason: "flags \(flags)") }
    let source = try a.registerIfPresent(4)
    self.init(
      number: source == nil ? try a.be16(1) : 0, total: a.has(2) ? try a.be16(2) : 1,
      flags: flags, source: source)
  }
}

extension Duplicate {
  /// `NFTA_DUP_SREG_ADDR` 1, `SREG_DEV` 2.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 2)
    self.init(address: try a.registerIfPresent(1), device: try a.registerIfPresent(2))
  }
}

extension Forward {
  /// `NFTA_FWD_SREG_DEV` 1, `SREG_ADDR` 2, `NFPROTO` 3.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 3)
    self.init(
      device: try a.registerIfPresent(1), address: try a.registerIfPresent(2),
      family: try a.family(3))
  }
}

extension Expression {
  /// `NFTA_FLOW_TABLE_NAME` 1.
  static func flowOffload(_ a: borrowing AttributeTable) throws(NotUnderstood) -> Expression {
    try a.allow(through: 1)
    return .flowOffload(flowtable: try a.string(1))
  }

  /// No attributes.
  static func notrack(_ a: borrowing AttributeTable) throws(NotUnderstood) -> Expression {
    try a.allow(through: 0)
    return .notrack
  }
}

extension XtablesExtension {
  /// `NFTA_MATCH_NAME` 1, `REV` 2, `INFO` 3; the same for targets.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 3)
    self.init(name: try a.string(1), revision: try a.be32(2), info: try a.copy(3))
  }
}
