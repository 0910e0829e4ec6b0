internal import Model

// Expressions with a state of their own, and log. Sources: net/netfilter/nft_counter.c,
// nft_last.c, nft_limit.c, nft_quota.c, nft_connlimit.c, nft_numgen.c, nft_hash.c, nft_log.c.

extension Counter {
  /// `NFTA_COUNTER_BYTES` 1, `PACKETS` 2, padding 3.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 3)
    self.init(packets: try a.be64(2, or: 0), bytes: try a.be64(1, or: 0))
  }
}

extension Expression {
  /// `NFTA_LAST_SET` 1, `MSECS` 2, padding 3: when a packet came last, which decides nothing.
  static func last(_ a: borrowing AttributeTable) throws(NotUnderstood) -> Expression {
    try a.allow(through: 3)
    return .last
  }
}

extension Limit {
  /// `NFTA_LIMIT_RATE` 1, `UNIT` 2, `BURST` 3, `TYPE` 4, `FLAGS` 5, padding 6.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 6)
    let type = try a.be32(4, or: 0)
    guard type <= 1 else { throw NotUnderstood(reason: "type \(type)") }
    self.init(
      rate: try a.be64(1), unit: try a.be64(2), burst: try a.be32(3, or: 0),
      countsBytes: type == 1, isOver: try a.flags(5, known: 1) & 1 != 0)
  }
}

extension Quota {
  /// `NFTA_QUOTA_BYTES` 1, `FLAGS` 2 (1 over, 2 depleted), padding 3, `CONSUMED` 4.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 4)
    self.init(
      bytes: try a.be64(1), consumed: try a.be64(4, or: 0),
      isOver: try a.flags(2, known: 3) & 1 != 0)
  }
}

extension ConnectionLimit {
  /// `NFTA_CONNLIMIT_COUNT` 1, `FLAGS` 2.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 2)
    self.init(count: try a.be32(1), isOver: try a.flags(2, known: 1) & 1 != 0)
  }
}

extension NumberGenerator {
  /// `NFTA_NG_DREG` 1, `MODULUS` 2, `TYPE` 3, `OFFSET` 4; 5 and 6 are deprecated and not dumped.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 4)
    let type = try a.be32(3)
    guard type <= 1 else { throw NotUnderstood(reason: "type \(type)") }
    self.init(
      destination: try a.register(1), modulus: try a.be32(2), isRandom: type == 1,
      offset: try a.be32(4, or: 0))
  }
}

extension Hash {
  /// `NFTA_HASH_SREG` 1, `DREG` 2, `LEN` 3, `MODULUS` 4, `SEED` 5, `OFFSET` 6, `TYPE` 7 (0 jenkins,
  /// 1 symmetric, which has neither source nor seed); 8 and 9 are deprecated and not dumped.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 7)
    let type = try a.be32(7, or: 0)
    guard type <= 1 else { throw NotUnderstood(reason: "type \(type)") }
    self.init(
      destination: try a.register(2), source: type == 0 ? try a.register(1) : nil,
      length: try a.size(3, or: 0), modulus: try a.be32(4),
      seed: a.has(5) ? try a.be32(5) : nil, offset: try a.be32(6, or: 0))
  }
}

extension Log {
  /// `NFTA_LOG_GROUP` 1 (u16), `PREFIX` 2, `SNAPLEN` 3, `QTHRESHOLD` 4 (u16), `LEVEL` 5, `FLAGS` 6.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 6)
    self.init(
      prefix: a.has(2) ? try a.string(2) : nil, group: a.has(1) ? try a.be16(1) : nil,
      snapLength: a.has(3) ? try a.be32(3) : nil, queueThreshold: a.has(4) ? try a.be16(4) : nil,
      level: a.has(5) ? try a.be32(5) : nil, flags: a.has(6) ? try a.be32(6) : nil)
  }
}
