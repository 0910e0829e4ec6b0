internal import Model

// Expressions that ask the host. Sources: net/netfilter/nft_fib.c, nft_rt.c, nft_socket.c,
// nft_osf.c, nft_tunnel.c, nft_xfrm.c.

extension FIBLookup {
  /// `NFTA_FIB_DREG` 1, `RESULT` 2, `FLAGS` 3.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 3)
    self.init(
      destination: try a.register(1), result: try a.choice(2, "result"),
      flags: Flags(rawValue: try a.flags(3, known: 0x3f)))
  }
}

extension Routing {
  /// `NFTA_RT_DREG` 1, `KEY` 2.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 2)
    self.init(destination: try a.register(1), key: try a.choice(2, "key"))
  }
}

extension SocketLookup {
  /// `NFTA_SOCKET_KEY` 1, `DREG` 2, `LEVEL` 3.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 3)
    self.init(
      destination: try a.register(2), key: try a.choice(1, "key"), level: try a.be32(3, or: 0))
  }
}

extension OperatingSystem {
  /// `NFTA_OSF_DREG` 1, `TTL` 2 (u8), `FLAGS` 3.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 3)
    self.init(
      destination: try a.register(1), ttl: a.has(2) ? try a.u8(2) : 0,
      flags: try a.flags(3, known: 1))
  }
}

extension Tunnel {
  /// `NFTA_TUNNEL_KEY` 1, `DREG` 2, `MODE` 3.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 3)
    let key = try a.be32(1)
    let mode = try a.be32(3, or: 0)
    guard key <= 1 else { throw NotUnderstood(reason: "key \(key)") }
    guard mode <= 2 else { throw NotUnderstood(reason: "mode \(mode)") }
    self.init(destination: try a.register(2), key: key, mode: mode)
  }
}

extension Transform {
  /// `NFTA_XFRM_DREG` 1, `KEY` 2, `DIR` 3 (u8), `SPNUM` 4.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 4)
    let key = try a.be32(2)
    let direction = try a.u8(3)
    guard (1...6).contains(key) else { throw NotUnderstood(reason: "key \(key)") }
    guard direction <= 1 else { throw NotUnderstood(reason: "direction \(direction)") }
    self.init(
      destination: try a.register(1), key: key, direction: direction, index: try a.be32(4, or: 0))
  }
}
