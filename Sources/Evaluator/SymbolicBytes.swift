internal import DecisionDiagram

/// Bytes of which any bit may be a boolean function instead of a constant.
///
/// Packet headers, marks and registers are held in this form. While every bit is a constant there
/// are only the bytes, and nothing here costs more than moving them.
struct SymbolicBytes: Equatable {
  private(set) var bytes: [UInt8]
  /// Eight nodes a byte, most significant bit first; empty while every bit is constant. When it is
  /// not empty it is the truth, and `bytes` is not read.
  private(set) var nodes: [Node]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    nodes = []
  }

  init(nodes: [Node]) {
    self.nodes = nodes
    bytes = [UInt8](repeating: 0, count: nodes.count / 8)
    settle()
  }

  /// A number in host (little-endian) order.
  init(hostOrder value: UInt32) {
    self.init((0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) })
  }

  /// Bits of a number, most significant first, whose bytes are laid down in host order.
  init(hostOrder bits: [Node]) {
    let bytes = stride(from: 0, to: bits.count, by: 8).map { bits[$0..<min($0 + 8, bits.count)] }
    self.init(nodes: bytes.reversed().flatMap { $0 })
  }

  var count: Int { bytes.count }

  var isConstant: Bool { nodes.isEmpty }

  func bit(_ index: Int) -> Node {
    guard nodes.isEmpty else { return nodes[index] }
    return Node(bytes[index >> 3] & (0x80 >> UInt8(index & 7)) != 0)
  }

  /// The bytes of a range if all its bits are constants, and it lies inside.
  func constant(_ range: Range<Int>) -> [UInt8]? {
    guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
    if nodes.isEmpty { return Array(bytes[range]) }
    var result: [UInt8] = []
    result.reserveCapacity(range.count)
    for index in range {
      var byte: UInt8 = 0
      for bit in 0..<8 {
        let node = nodes[index * 8 + bit]
        guard node.isConstant else { return nil }
        byte = byte << 1 | (node == .always ? 1 : 0)
      }
      result.append(byte)
    }
    return result
  }

  /// All bytes, if all bits are constants.
  var constant: [UInt8]? { constant(0..<count) }

  /// A copy of a range of bytes.
  subscript(range: Range<Int>) -> SymbolicBytes {
    guard !nodes.isEmpty else { return SymbolicBytes(Array(bytes[range])) }
    return SymbolicBytes(nodes: Array(nodes[range.lowerBound * 8..<range.upperBound * 8]))
  }

  /// Overwrites bytes from `offset` on.
  mutating func write(_ value: SymbolicBytes, at offset: Int) {
    if nodes.isEmpty, value.nodes.isEmpty {
      for index in 0..<value.count { bytes[offset + index] = value.bytes[index] }
      return
    }
    expand()
    for index in 0..<value.count * 8 { nodes[offset * 8 + index] = value.bit(index) }
    settle()
  }

  /// Overwrites bytes from `offset` on with part of another's, where both are constant all over:
  /// the same as `write`, without a copy in between.
  ///
  /// - Returns: whether both are.
  mutating func copy(_ range: Range<Int>, of other: borrowing SymbolicBytes, to offset: Int) -> Bool
  {
    guard nodes.isEmpty, other.nodes.isEmpty else { return false }
    var place = offset
    for index in range {
      bytes[place] = other.bytes[index]
      place += 1
    }
    return true
  }

  /// Overwrites one byte, if all are constant.
  mutating func set(_ byte: UInt8, at offset: Int) -> Bool {
    guard nodes.isEmpty else { return false }
    bytes[offset] = byte
    return true
  }

  /// memcmp with what stands at `offset`; `nil` unless all bytes are constant.
  func order(at offset: Int, of data: [UInt8]) -> Int? {
    guard nodes.isEmpty else { return nil }
    var place = offset
    for byte in data {
      let own = bytes[place]
      if own != byte { return own < byte ? -1 : 1 }
      place += 1
    }
    return 0
  }

  /// Overwrites bytes from `offset` on with constants.
  mutating func write(_ value: some Collection<UInt8>, at offset: Int) {
    var index = offset
    for byte in value {
      if nodes.isEmpty {
        bytes[index] = byte
      } else {
        for bit in 0..<8 { nodes[index * 8 + bit] = Node(byte & (0x80 >> UInt8(bit)) != 0) }
      }
      index += 1
    }
  }

  mutating func append(_ value: SymbolicBytes) {
    if nodes.isEmpty, value.nodes.isEmpty {
      bytes += value.bytes
      return
    }
    expand()
    nodes += (0..<value.count * 8).map { value.bit($0) }
    bytes += value.bytes
  }

  private mutating func expand() {
    guard nodes.isEmpty else { return }
    nodes = (0..<count * 8).map { bit($0) }
  }

  /// Goes back to plain bytes once every bit is a constant again.
  private mutating func settle() {
    guard !nodes.isEmpty, nodes.allSatisfy({ $0.isConstant }) else { return }
    for index in 0..<nodes.count / 8 {
      bytes[index] = nodes[index * 8..<index * 8 + 8].reduce(0) {
        $0 << 1 | ($1 == .always ? 1 : 0)
      }
    }
    nodes = []
  }
}
