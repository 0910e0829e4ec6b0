internal import DecisionDiagram
internal import Model

extension Run {
  /// Source: net/netfilter/nft_immediate.c.
  func evaluate(_ immediate: Immediate, _ matched: Node) -> Node {
    switch immediate.value {
    case .data(let bytes):
      registers.store(SymbolicBytes(bytes), at: immediate.destination)
    case .verdict(let verdict):
      if verdict == .break { return .never }
      if verdict != .continue { end(matched, .verdict(verdict)) }
    }
    return .always
  }

  /// Source: net/netfilter/nft_cmp.c.
  func evaluate(_ compare: Compare) -> Node {
    if let order = registers.order(compare.source, compare.data) {
      return Node(Self.holds(compare.operation, order))
    }
    let value = load(compare.source, count: compare.data.count)
    switch compare.operation {
    case .equal: return diagram.equal(value, compare.data)
    case .notEqual: return diagram.not(diagram.equal(value, compare.data))
    case .less: return diagram.less(value, compare.data)
    case .lessOrEqual:
      return diagram.or(diagram.less(value, compare.data), diagram.equal(value, compare.data))
    case .greater:
      return diagram.not(
        diagram.or(diagram.less(value, compare.data), diagram.equal(value, compare.data)))
    case .greaterOrEqual: return diagram.not(diagram.less(value, compare.data))
    }
  }

  private static func holds(_ operation: Compare.Operation, _ order: Int) -> Bool {
    switch operation {
    case .equal: order == 0
    case .notEqual: order != 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    }
  }

  /// Source: net/netfilter/nft_range.c.
  func evaluate(_ range: RangeMatch) -> Node {
    let value = load(range.source, count: range.from.count)
    let inside = diagram.within(value, range.from, range.to)
    return range.isInverted ? diagram.not(inside) : inside
  }

  /// Source: net/netfilter/nft_bitwise.c.
  func evaluate(_ bitwise: Bitwise) -> Node {
    let value = load(bitwise.source, count: bitwise.length)
    let result: SymbolicBytes
    switch bitwise.operation {
    case .maskXor(let mask, let xor):
      result = masked(value, mask, xor)
    case .leftShift(let count):
      result = shifted(value, by: Int(count))
    case .rightShift(let count):
      result = shifted(value, by: -Int(count))
    case .and(let other):
      result = combine(value, load(other, count: bitwise.length)) { diagram.and($0, $1) }
    case .or(let other):
      result = combine(value, load(other, count: bitwise.length)) { diagram.or($0, $1) }
    case .xor(let other):
      result = combine(value, load(other, count: bitwise.length)) { diagram.exclusiveOr($0, $1) }
    }
    registers.store(result, at: bitwise.destination)
    return .always
  }

  private func masked(_ value: SymbolicBytes, _ mask: [UInt8], _ xor: [UInt8]) -> SymbolicBytes {
    let count = min(value.count, min(mask.count, xor.count))
    if value.isConstant {
      return SymbolicBytes((0..<count).map { value.bytes[$0] & mask[$0] ^ xor[$0] })
    }
    return SymbolicBytes(
      nodes: (0..<count * 8).map { index in
        let place: UInt8 = 0x80 >> UInt8(index & 7)
        let kept = mask[index >> 3] & place != 0 ? value.bit(index) : .never
        return xor[index >> 3] & place != 0 ? diagram.not(kept) : kept
      })
  }

  /// Shifts 32-bit words in host order, the first word most significant; negative counts go right.
  private func shifted(_ value: SymbolicBytes, by count: Int) -> SymbolicBytes {
    let padded = (value.count + 3) / 4 * 4
    var bits = (0..<padded * 8).map { place -> Node in
      let source = Self.hostOrderBit(place)
      return source < value.count * 8 ? value.bit(source) : .never
    }
    let zeros = [Node](repeating: .never, count: min(abs(count), bits.count))
    bits = count >= 0 ? bits.dropFirst(zeros.count) + zeros : zeros + bits.dropLast(zeros.count)
    var result = [Node](repeating: .never, count: padded * 8)
    for place in bits.indices { result[Self.hostOrderBit(place)] = bits[place] }
    return SymbolicBytes(nodes: result)[0..<value.count]
  }

  /// The bit in memory (of a little-endian machine) that has the given place in the number.
  private static func hostOrderBit(_ place: Int) -> Int {
    let word = place / 32
    let byte = place % 32 / 8
    return word * 32 + (3 - byte) * 8 + place % 8
  }

  private func combine(
    _ a: SymbolicBytes, _ b: SymbolicBytes, _ operation: (Node, Node) -> Node
  ) -> SymbolicBytes {
    SymbolicBytes(nodes: (0..<min(a.count, b.count) * 8).map { operation(a.bit($0), b.bit($0)) })
  }

  /// Source: net/netfilter/nft_byteorder.c: elements of 2, 4 or 8 bytes are swapped.
  func evaluate(_ order: ByteOrder) -> Node {
    let value = load(order.source, count: order.length)
    var result = value
    let size = max(order.size, 1)
    for start in stride(from: 0, to: order.length - size + 1, by: size) {
      for index in 0..<size {
        let other = start + size - 1 - index
        result.write(value[other..<other + 1], at: start + index)
      }
    }
    registers.store(result, at: order.destination)
    return .always
  }
}
