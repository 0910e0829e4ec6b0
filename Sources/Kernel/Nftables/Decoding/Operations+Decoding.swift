internal import Model

// Expressions that only work on registers. Sources: net/netfilter/nft_immediate.c, nft_cmp.c,
// nft_range.c, nft_bitwise.c, nft_byteorder.c.

extension Immediate {
  /// `NFTA_IMMEDIATE_DREG` 1, `NFTA_IMMEDIATE_DATA` 2.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 2)
    let destination = try a.register(1)
    if destination == .verdict {
      self.init(destination: destination, value: .verdict(try Verdict(a.nested(2))))
    } else {
      self.init(destination: destination, value: .data(try a.value(2)))
    }
  }
}

extension Verdict {
  /// Decodes a `struct nft_data` that holds `NFTA_DATA_VERDICT` (2) {`NFTA_VERDICT_CODE` 1,
  /// `NFTA_VERDICT_CHAIN` 2}.
  init(_ data: borrowing AttributeTable) throws(NotUnderstood) {
    try data.allow(through: 2)
    guard data.has(2), !data.has(1) else { throw NotUnderstood(reason: "no verdict") }
    let verdict = try data.nested(2)
    try verdict.allow(through: 3)
    let code = Int32(truncatingIfNeeded: try verdict.be32(1))
    self.init(code: code, chain: verdict.has(2) ? try verdict.string(2) : nil)
  }
}

extension Compare {
  /// `NFTA_CMP_SREG` 1, `NFTA_CMP_OP` 2, `NFTA_CMP_DATA` 3.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 3)
    self.init(
      source: try a.register(1), operation: try a.choice(2, "operation"), data: try a.value(3))
  }
}

extension RangeMatch {
  /// `NFTA_RANGE_SREG` 1, `NFTA_RANGE_OP` 2, `NFTA_RANGE_FROM_DATA` 3, `NFTA_RANGE_TO_DATA` 4.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 4)
    let operation = try a.be32(2)
    guard operation <= 1 else { throw NotUnderstood(reason: "operation \(operation)") }
    self.init(
      source: try a.register(1), isInverted: operation == 1, from: try a.value(3),
      to: try a.value(4))
  }
}

extension Bitwise {
  /// `NFTA_BITWISE_SREG` 1, `DREG` 2, `LEN` 3, `MASK` 4, `XOR` 5, `OP` 6, `DATA` 7, `SREG2` 8.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 8)
    self.init(
      source: try a.register(1), destination: try a.register(2), length: try a.size(3),
      operation: try Operation(a))
  }
}

extension Bitwise.Operation {
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    let number = try a.be32(6, or: 0)
    // The boolean operations of kernel 6.13 and later also come with a constant on one side; only
    // the form with two registers and no mask is known.
    let isPlain = !a.has(4) && !a.has(5) && !a.has(7) && a.has(8)
    switch number {
    case 0: self = .maskXor(mask: try a.value(4), xor: try a.value(5))
    case 1: self = .leftShift(try Self.shift(a))
    case 2: self = .rightShift(try Self.shift(a))
    case 3 where isPlain: self = .and(try a.register(8))
    case 4 where isPlain: self = .or(try a.register(8))
    case 5 where isPlain: self = .xor(try a.register(8))
    default: throw NotUnderstood(reason: "operation \(number)")
    }
    if number == 0 && (a.has(7) || a.has(8)) {
      throw NotUnderstood(reason: "attribute \(a.has(7) ? 7 : 8)")
    }
  }

  /// The number of bits, a u32 in host order (`nft_bitwise_init_shift`).
  private static func shift(_ a: borrowing AttributeTable) throws(NotUnderstood) -> UInt32 {
    let bytes = try a.value(7)
    guard bytes.count == 4, !a.has(8) else { throw NotUnderstood(reason: "shift operand") }
    return UInt32(
      truncatingIfNeeded: (0..<4).reduce(UInt64(0)) {
        $0 << 8 | UInt64(bytes[hostIsBigEndian ? $1 : 3 - $1])
      })
  }
}

extension ByteOrder {
  /// `NFTA_BYTEORDER_SREG` 1, `DREG` 2, `OP` 3, `LEN` 4, `SIZE` 5.
  init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    try a.allow(through: 5)
    let operation = try a.be32(3)
    guard operation <= 1 else { throw NotUnderstood(reason: "operation \(operation)") }
    let size = try a.size(5)
    guard [2, 4, 8].contains(size) else { throw NotUnderstood(reason: "size \(size)") }
    self.init(
      source: try a.register(1), destination: try a.register(2), toNetwork: operation == 1,
      length: try a.size(4), size: size)
  }
}
