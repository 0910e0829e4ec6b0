internal import Model

/// Why an expression, though well formed, can't be given its typed value.
struct NotUnderstood: Error {
  /// For people: `attribute 8`, `operation 9`.
  let reason: String
}

/// The attributes of one nest by number, read in place: where the kernel's `nla_parse` fills an
/// array of pointers, this fills one of offsets. Of attributes with the same number the last
/// counts.
///
/// The getters take only the exact size that the attribute has in the kernels known, so that a
/// widened attribute is noticed rather than cut.
struct AttributeTable: ~Escapable {
  private let bytes: Span<UInt8>
  /// Where the attribute's payload starts, for the attributes in `present`.
  private var starts = [32 of UInt16](repeating: 0)
  private var lengths = [32 of UInt16](repeating: 0)
  /// Bit n: attribute n is there.
  private(set) var present: UInt32 = 0
  /// A number beyond the table's, 0 without.
  private(set) var beyond: UInt16 = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) throws(KernelError) {
    self.bytes = bytes
    var position = 0
    while bytes.count - position >= 4 {
      let length = Int(bytes.hostNumber16(at: position))
      let type = bytes.hostNumber16(at: position + 2) & 0x3fff
      guard length >= 4, length <= bytes.count - position, position <= 0xfff0 else {
        throw .malformed(what: "netlink message", path: "attribute \(type)", offset: position)
      }
      if type < 32 {
        starts[Int(type)] = UInt16(position + 4)
        lengths[Int(type)] = UInt16(length - 4)
        present |= 1 << UInt32(type)
      } else {
        beyond = type
      }
      position += (length + 3) & ~3
    }
  }

  func has(_ type: Int) -> Bool { present & (1 << UInt32(type)) != 0 }

  /// Throws if there is an attribute above `last`, or the unspecified 0.
  func allow(through last: UInt32) throws(NotUnderstood) {
    let foreign = present & ~((2 << last) &- 2)
    guard foreign == 0, beyond == 0 else {
      let number = foreign != 0 ? UInt16(foreign.trailingZeroBitCount) : beyond
      throw NotUnderstood(reason: "attribute \(number)")
    }
  }

  /// The payload of an attribute, empty if it is not there.
  @_lifetime(copy self)
  func payload(_ type: Int) -> Span<UInt8> {
    guard type >= 0, type < 32, has(type) else { return bytes.extracting(0..<0) }
    let start = Int(starts[type])
    return bytes.extracting(start..<(start + Int(lengths[type])))
  }

  /// A copy of an attribute's payload.
  func copy(_ type: Int) throws(NotUnderstood) -> [UInt8] {
    try require(type)
    return payload(type).copy()
  }

  func string(_ type: Int) throws(NotUnderstood) -> String {
    try require(type)
    return payload(type).text()
  }

  func be32(_ type: Int) throws(NotUnderstood) -> UInt32 {
    UInt32(truncatingIfNeeded: try number(type, count: 4))
  }

  func be64(_ type: Int) throws(NotUnderstood) -> UInt64 {
    try number(type, count: 8)
  }

  func be16(_ type: Int) throws(NotUnderstood) -> UInt16 {
    UInt16(truncatingIfNeeded: try number(type, count: 2))
  }

  func u8(_ type: Int) throws(NotUnderstood) -> UInt8 {
    UInt8(truncatingIfNeeded: try number(type, count: 1))
  }

  /// Like `be32`, with a value for an absent attribute.
  func be32(_ type: Int, or absent: UInt32) throws(NotUnderstood) -> UInt32 {
    has(type) ? try be32(type) : absent
  }

  /// Like `be64`, with a value for an absent attribute.
  func be64(_ type: Int, or absent: UInt64) throws(NotUnderstood) -> UInt64 {
    has(type) ? try be64(type) : absent
  }

  /// A number of flags of which only those in `known` are understood; 0 if absent.
  func flags(_ type: Int, known: UInt32) throws(NotUnderstood) -> UInt32 {
    let flags = try be32(type, or: 0)
    guard flags & ~known == 0 else {
      throw NotUnderstood(reason: "flags 0x" + String(flags & ~known, radix: 16))
    }
    return flags
  }

  private func require(_ type: Int) throws(NotUnderstood) {
    guard has(type) else { throw NotUnderstood(reason: "no attribute \(type)") }
  }

  private func number(_ type: Int, count: Int) throws(NotUnderstood) -> UInt64 {
    try require(type)
    let start = Int(starts[type])
    guard Int(lengths[type]) == count, start + count <= bytes.count else {
      throw NotUnderstood(reason: "attribute \(type) of \(lengths[type]) bytes")
    }
    var value: UInt64 = 0
    for index in start..<(start + count) { value = value << 8 | UInt64(bytes[index]) }
    return value
  }
}
