/// Reading numbers and words out of ASCII bytes, without making strings of them.
extension Collection<UInt8> {
  /// The number that the bytes spell in decimal; `nil` unless all are digits and it fits.
  package var decimal: UInt64? {
    guard !isEmpty else { return nil }
    var value: UInt64 = 0
    for byte in self {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    return value
  }

  /// Like `decimal`, with a minus sign allowed.
  package var signedDecimal: Int64? {
    guard first == UInt8(ascii: "-") else { return decimal.flatMap { Int64(exactly: $0) } }
    return dropFirst().decimal.flatMap { Int64(exactly: $0) }.map { -$0 }
  }

  /// The number that the bytes spell in hexadecimal, without prefix.
  package var hexadecimal: UInt64? {
    guard !isEmpty, count <= 16 else { return nil }
    var value: UInt64 = 0
    for byte in self {
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: return nil
      }
      value = value << 4 | UInt64(digit)
    }
    return value
  }

  /// The bytes as text; what is not UTF-8 becomes U+FFFD.
  package var text: String { String(decoding: self, as: UTF8.self) }

  /// Whether the bytes are those of `word`.
  package func spells(_ word: String) -> Bool { elementsEqual(word.utf8) }
}

extension RandomAccessCollection<UInt8> {
  /// The lines, without their line feeds and without empty ones.
  package var lines: [SubSequence] { split(separator: UInt8(ascii: "\n")) }

  /// The words between blanks (space, tab, carriage return, line feed).
  package var words: [SubSequence] { split(whereSeparator: \.isBlank) }

  /// Without blanks at both ends.
  package var trimmed: SubSequence {
    var rest = self[...]
    while let byte = rest.first, byte.isBlank { rest = rest.dropFirst() }
    while let byte = rest.last, byte.isBlank { rest = rest.dropLast() }
    return rest
  }
}

extension UInt8 {
  /// Whether it is a space, tab, line feed or carriage return.
  package var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0a || self == 0x0d }
}
