internal import Model

// Metadata of packets and connections. Sources: net/netfilter/nft_meta.c, nft_ct.c.

extension Expression {
  /// `NFTA_META_DREG` 1, `KEY` 2, `SREG` 3.
  static func meta(_ a: borrowing AttributeTable) throws(NotUnderstood) -> Expression {
    try a.allow(through: 3)
    let key = MetaKey(rawValue: try a.be32(2))
    guard key.rawValue <= MetaKey.bridgeHardwareAddress.rawValue else {
      throw NotUnderstood(reason: "key \(key.rawValue)")
    }
    guard a.has(3) else { return .meta(Meta(destination: try a.register(1), key: key)) }
    guard !a.has(1) else { throw NotUnderstood(reason: "both registers") }
    return .metaWrite(MetaWrite(source: try a.register(3), key: key))
  }

  /// `NFTA_CT_DREG` 1, `KEY` 2, `DIRECTION` 3 (u8), `SREG` 4.
  static func conntrack(_ a: borrowing AttributeTable) throws(NotUnderstood) -> Expression {
    try a.allow(through: 4)
    let key = ConntrackKey(rawValue: try a.be32(2))
    guard key.rawValue <= ConntrackKey.id.rawValue else {
      throw NotUnderstood(reason: "key \(key.rawValue)")
    }
    let direction = a.has(3) ? try ConntrackDirection(a.u8(3)) : nil
    guard a.has(4) else {
      return .conntrack(
        Conntrack(destination: try a.register(1), key: key, direction: direction))
    }
    guard !a.has(1) else { throw NotUnderstood(reason: "both registers") }
    return .conntrackWrite(
      ConntrackWrite(source: try a.register(4), key: key, direction: direction))
  }
}

extension ConntrackDirection {
  /// `enum ip_conntrack_dir`.
  fileprivate init(_ number: UInt8) throws(NotUnderstood) {
    switch number {
    case 0: self = .original
    case 1: self = .reply
    default: throw NotUnderstood(reason: "direction \(number)")
    }
  }
}
