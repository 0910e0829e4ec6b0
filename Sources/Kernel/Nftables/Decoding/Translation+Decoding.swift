internal import Model

// Address translation and proxies. Sources: net/netfilter/nft_nat.c, nft_masq.c, nft_redir.c,
// nft_tproxy.c, nft_synproxy.c.

extension NATFlags {
  /// `NF_NAT_RANGE_MASK` and what later kernels added.
  fileprivate init(_ a: borrowing AttributeTable, _ type: Int) throws(NotUnderstood) {
    self.init(rawValue: try a.flags(type, known: 0x7f))
  }
}

extension NAT {
  /// `NFTA_NAT_TYPE` 1, `FAMILY` 2, `REG_ADDR_MIN` 3, `REG_ADDR_MAX` 4, `REG_PROTO_MIN` 5,
  /// `REG_PROTO_MAX` 6, `FLAGS` 7.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 7)
    let type = try a.be32(1)
    guard type <= 1 else { throw NotUnderstood(reason: "type \(type)") }
    // 1 is NFPROTO_INET: `dnat to :80` in an inet table.
    let family = try a.be32(2) == 1 ? nil : try a.family(2)
    self.init(
      isDestination: type == 1, family: family, addressMin: try a.registerIfPresent(3),
      addressMax: try a.registerIfPresent(4), portMin: try a.registerIfPresent(5),
      portMax: try a.registerIfPresent(6), flags: try NATFlags(a, 7))
  }
}

extension Masquerade {
  /// `NFTA_MASQ_FLAGS` 1, `REG_PROTO_MIN` 2, `REG_PROTO_MAX` 3.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 3)
    self.init(
      portMin: try a.registerIfPresent(2), portMax: try a.registerIfPresent(3),
      flags: try NATFlags(a, 1))
  }
}

extension Redirect {
  /// `NFTA_REDIR_REG_PROTO_MIN` 1, `REG_PROTO_MAX` 2, `FLAGS` 3.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 3)
    self.init(
      portMin: try a.registerIfPresent(1), portMax: try a.registerIfPresent(2),
      flags: try NATFlags(a, 3))
  }
}

extension TransparentProxy {
  /// `NFTA_TPROXY_FAMILY` 1, `REG_ADDR` 2, `REG_PORT` 3.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 3)
    self.init(
      family: try a.family(1), address: try a.registerIfPresent(2),
      port: try a.registerIfPresent(3))
  }
}

extension SynProxy {
  /// `NFTA_SYNPROXY_MSS` 1 (u16), `WSCALE` 2 (u8), `FLAGS` 3.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 3)
    self.init(
      mss: a.has(1) ? try a.be16(1) : 0, windowScale: a.has(2) ? try a.u8(2) : 0,
      flags: try a.flags(3, known: 0x1f))
  }
}
