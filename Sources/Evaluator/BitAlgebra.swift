internal import DecisionDiagram

/// Comparisons and choices over `SymbolicBytes`, as the kernel does them over bytes.
extension DecisionDiagram {
  /// memcmp(a, b) == 0.
  func equal(_ a: SymbolicBytes, _ b: [UInt8]) -> Node {
    if let constant = a.constant { return Node(constant == b) }
    var result = Node.always
    for index in 0..<b.count * 8 {
      let wanted = b[index >> 3] & (0x80 >> UInt8(index & 7)) != 0
      let bit = a.bit(index)
      result = and(result, wanted ? bit : not(bit))
      if result == .never { return .never }
    }
    return result
  }

  /// memcmp(a, b) < 0.
  func less(_ a: SymbolicBytes, _ b: [UInt8]) -> Node {
    if let constant = a.constant { return Node(constant.lexicographicallyPrecedes(b)) }
    // From the last bit to the first: below where the bit is 0 and b's is 1, or equal and below
    // after.
    var result = Node.never
    for index in (0..<b.count * 8).reversed() {
      let bit = a.bit(index)
      let wanted = b[index >> 3] & (0x80 >> UInt8(index & 7)) != 0
      result = wanted ? or(not(bit), result) : and(not(bit), result)
    }
    return result
  }

  /// low <= a <= high, both inclusive.
  func within(_ a: SymbolicBytes, _ low: [UInt8], _ high: [UInt8]) -> Node {
    if let constant = a.constant {
      return Node(
        !constant.lexicographicallyPrecedes(low) && !high.lexicographicallyPrecedes(constant))
    }
    let notAbove = or(less(a, high), equal(a, high))
    return and(not(less(a, low)), notAbove)
  }

  /// `then` where `condition` holds, else `otherwise`; both have the same length.
  func choose(
    _ condition: Node, _ then: SymbolicBytes, _ otherwise: SymbolicBytes
  ) -> SymbolicBytes {
    if condition == .always { return then }
    if condition == .never || then == otherwise { return otherwise }
    return SymbolicBytes(
      nodes: (0..<then.count * 8).map { choose(condition, then.bit($0), otherwise.bit($0)) })
  }

  /// The different values that `bytes` has within `set`, each with its part of the set.
  ///
  /// - Returns: `nil` if there are more than `limit`.
  func values(
    of bytes: SymbolicBytes, in set: Node, limit: Int = 64
  ) -> [(value: [UInt8], set: Node)]? {
    if let constant = bytes.constant { return [(constant, set)] }
    var found: [(value: [UInt8], set: Node)] = []
    var rest = set
    while rest != .never {
      guard found.count < limit, let assignment = example(in: rest, preferring: { _ in false })
      else { return nil }
      let value = (0..<bytes.count).map { index in
        (0..<8).reduce(UInt8(0)) { byte, bit in
          let holds = evaluate(bytes.bit(index * 8 + bit)) { assignment[$0] ?? false }
          return byte << 1 | (holds ? 1 : 0)
        }
      }
      let part = and(rest, equal(bytes, value))
      found.append((value, part))
      rest = subtract(rest, part)
    }
    return found
  }
}
