internal import DecisionDiagram

/// Masks and arithmetic over bytes of which some bits may be undecided.
extension DecisionDiagram {
  /// (a & mask) == value, byte by byte; `a` may be longer.
  func masked(_ a: SymbolicBytes, _ mask: [UInt8], equals value: [UInt8]) -> Node {
    if let constant = a.constant {
      return Node(zip(zip(constant, mask), value).allSatisfy { $0.0 & $0.1 == $1 })
    }
    var result = Node.always
    for index in 0..<min(mask.count, value.count, a.count) * 8 {
      let place: UInt8 = 0x80 >> UInt8(index & 7)
      let wanted = value[index >> 3] & place != 0
      guard mask[index >> 3] & place != 0 else {
        if wanted { return .never }
        continue
      }
      result = and(result, wanted ? a.bit(index) : not(a.bit(index)))
      if result == .never { return .never }
    }
    return result
  }

  /// (word & mask) == value, for a word in host order.
  func masked(_ word: SymbolicBytes, _ mask: UInt32, equals value: UInt32) -> Node {
    masked(
      word, SymbolicBytes(hostOrder: mask).bytes, equals: SymbolicBytes(hostOrder: value).bytes)
  }

  /// (a & keep) ^ value, byte by byte.
  func replacing(_ a: SymbolicBytes, keep: [UInt8], flip value: [UInt8]) -> SymbolicBytes {
    if let constant = a.constant {
      return SymbolicBytes(zip(zip(constant, keep), value).map { $0.0 & $0.1 ^ $1 })
    }
    return SymbolicBytes(
      nodes: (0..<a.count * 8).map { index in
        let place: UInt8 = 0x80 >> UInt8(index & 7)
        let kept = keep[index >> 3] & place != 0 ? a.bit(index) : .never
        return value[index >> 3] & place != 0 ? not(kept) : kept
      })
  }

  /// (word & keep) ^ value, in host order.
  func replacing(_ word: SymbolicBytes, keep: UInt32, flip value: UInt32) -> SymbolicBytes {
    replacing(
      word, keep: SymbolicBytes(hostOrder: keep).bytes, flip: SymbolicBytes(hostOrder: value).bytes)
  }

  /// a ^ b.
  func exclusiveOr(_ a: SymbolicBytes, _ b: SymbolicBytes) -> SymbolicBytes {
    if let x = a.constant, let y = b.constant { return SymbolicBytes(zip(x, y).map { $0 ^ $1 }) }
    return SymbolicBytes(
      nodes: (0..<min(a.count, b.count) * 8).map { exclusiveOr(a.bit($0), b.bit($0)) })
  }

  /// A word in host order, shifted; bits that leave it are lost.
  func shifted(_ word: SymbolicBytes, left: Bool, by count: Int) -> SymbolicBytes {
    if let constant = word.constant {
      let value = constant.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      return SymbolicBytes(hostOrder: left ? value << UInt32(count) : value >> UInt32(count))
    }
    return SymbolicBytes(
      nodes: (0..<32).map { index in
        // The bit's weight: bytes come lowest first, bits within them highest first.
        let weight = index / 8 * 8 + 7 - index % 8
        let source = left ? weight - count : weight + count
        guard (0..<32).contains(source) else { return .never }
        return word.bit(source / 8 * 8 + 7 - source % 8)
      })
  }
}
