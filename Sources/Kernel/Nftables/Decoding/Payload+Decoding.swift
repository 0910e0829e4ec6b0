internal import Model

// Expressions that read or write the packet. Sources: net/netfilter/nft_payload.c, nft_exthdr.c,
// nft_inner.c.

extension Expression {
  /// `NFTA_PAYLOAD_DREG` 1, `BASE` 2, `OFFSET` 3, `LEN` 4, and for writing `SREG` 5, `CSUM_TYPE` 6,
  /// `CSUM_OFFSET` 7, `CSUM_FLAGS` 8.
  static func payload(_ a: borrowing AttributeTable) throws(NotUnderstood) -> Expression {
    try a.allow(through: 8)
    let base: PayloadBase = try a.choice(2, "base")
    let offset = try a.size(3)
    let length = try a.size(4)
    guard a.has(5) else {
      return .payload(
        Payload(destination: try a.register(1), base: base, offset: offset, length: length))
    }
    guard !a.has(1) else { throw NotUnderstood(reason: "both registers") }
    return .payloadWrite(
      PayloadWrite(
        source: try a.register(5), base: base, offset: offset, length: length,
        checksumType: try a.be32(6, or: 0), checksumOffset: try a.be32(7, or: 0),
        checksumFlags: try a.flags(8, known: 1)))
  }
}

extension ExtensionHeader {
  /// `NFTA_EXTHDR_DREG` 1, `TYPE` 2 (u8), `OFFSET` 3, `LEN` 4, `FLAGS` 5, `OP` 6, `SREG` 7.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 7)
    let access: Access
    switch (try a.registerIfPresent(1), try a.registerIfPresent(7)) {
    case (let register?, nil): access = .load(register)
    case (nil, let register?): access = .write(register)
    case (nil, nil): access = .strip
    case (_?, _?): throw NotUnderstood(reason: "both registers")
    }
    self.init(
      access: access, kind: try a.choice(6, "operation", or: 0), type: try a.u8(2),
      offset: try a.size(3, or: 0), length: try a.size(4, or: 0),
      isPresenceTest: try a.flags(5, known: 1) & 1 != 0)
  }
}

extension Inner {
  /// `NFTA_INNER_NUM` 1, `TYPE` 2, `FLAGS` 3, `HDRSIZE` 4, `EXPR` 5. The number is always 0.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 5)
    guard try a.be32(1, or: 0) == 0 else { throw NotUnderstood(reason: "nesting") }
    guard a.has(5) else { throw NotUnderstood(reason: "no attribute 5") }
    self.init(
      headerSize: try a.be32(4, or: 0), flags: try a.flags(3, known: 0xf), type: try a.be32(2),
      expression: try Expression(nestedIn: a.payload(5)))
  }
}

extension Expression {
  /// An expression inside another one; if it is malformed, the outer one is not understood.
  init(nestedIn bytes: Span<UInt8>) throws(NotUnderstood) {
    do throws(KernelError) {
      try self.init(bytes, isNested: true)
    } catch {
      throw NotUnderstood(reason: "malformed inner expression")
    }
  }

  /// Like `list`; a malformed one makes the outer expression not understood.
  static func list(nestedIn bytes: Span<UInt8>) throws(NotUnderstood) -> [Expression] {
    do throws(KernelError) {
      return try list(bytes, isNested: true)
    } catch {
      throw NotUnderstood(reason: "malformed inner expression")
    }
  }
}
