internal import Model

/// Whether numbers in host order have their most significant byte first.
let hostIsBigEndian = UInt16(bigEndian: 1) == 1

extension Span<UInt8> {
  /// Two bytes as a number in host order; the caller has checked that they are there.
  func hostNumber16(at offset: Int) -> UInt16 {
    let low = UInt16(self[offset])
    let high = UInt16(self[offset + 1])
    return UInt16(littleEndian: low | high << 8)
  }

  /// The unsigned number of `count` bytes at `offset`; throws if the span ends before.
  @inline(__always)
  func number(
    at offset: Int, count: Int, bigEndian: Bool, of attribute: UInt16
  ) throws(KernelError) -> UInt64 {
    guard offset >= 0, offset <= self.count, self.count - offset >= count else {
      throw .malformed(what: "netlink message", path: "attribute \(attribute)", offset: offset)
    }
    var value: UInt64 = 0
    for index in 0..<count {
      let byte = UInt64(self[offset + (bigEndian ? index : count - 1 - index)])
      value = value << 8 | byte
    }
    return value
  }

  /// A copy as an array, in one allocation.
  func copy() -> [UInt8] {
    [UInt8](capacity: count) { target in
      for index in 0..<count { target.append(self[index]) }
    }
  }

  /// The text up to the first NUL or the end; bytes that are not UTF-8 become U+FFFD.
  func text() -> String {
    var length = 0
    while length < count, self[length] != 0 { length += 1 }
    let text = extracting(0..<length)
    guard let valid = try? UTF8Span(validating: text) else {
      return String(decoding: text.copy(), as: UTF8.self)
    }
    return String(copying: valid)
  }

  /// Whether the bytes up to the first NUL or the end are the text `other`.
  func isText(_ other: StaticString) -> Bool {
    let length = other.utf8CodeUnitCount
    guard count == length || (count > length && self[length] == 0) else { return false }
    return other.withUTF8Buffer { text in
      // Safe: the index stays below the buffer's count.
      for index in 0..<length where unsafe self[index] != text[index] { return false }
      return true
    }
  }

  /// Whether the bytes are those of `other`.
  func isEqual(to other: [UInt8]) -> Bool {
    guard count == other.count else { return false }
    for index in 0..<count where self[index] != other[index] { return false }
    return true
  }
}
