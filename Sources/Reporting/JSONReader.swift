/// A JSON value as it was read: objects keep the order of their members.
package enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that fits.
  case integer(Int64)
  /// Any other number.
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([JSONMember])
}

/// A name and value of a JSON object.
package struct JSONMember: Hashable, Sendable {
  package let name: String
  package let value: JSONValue
}

/// Why a text is not JSON.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// In bytes from the start.
  package let offset: Int
  /// What is wrong there, for people.
  package let reason: String

  package var description: String { "not JSON: \(reason) at byte \(offset + 1)" }
}

/// Reads one JSON text (RFC 8259), strictly: no comments, no trailing commas, no text after the
/// value, no name twice in one object.
///
/// The text may come from anyone: every byte is looked at before it is used, and depth is limited.
package struct JSONReader {
  /// How deep arrays and objects may be nested.
  private static let depthLimit = 32

  private let bytes: ArraySlice<UInt8>
  private var index: Int

  /// Reads the value that `bytes` spell.
  ///
  /// - Throws: `JSONError`.
  package static func value(of bytes: ArraySlice<UInt8>) throws(JSONError) -> JSONValue {
    var reader = JSONReader(bytes)
    reader.skipBlanks()
    let value = try reader.value(depth: 0)
    reader.skipBlanks()
    if reader.peek != nil { throw reader.error("something after the value") }
    return value
  }

  private init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    index = bytes.startIndex
  }

  // MARK: Bytes

  /// The next byte; `nil` at the end.
  private var peek: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

  private mutating func take() -> UInt8? {
    guard index < bytes.endIndex else { return nil }
    defer { index += 1 }
    return bytes[index]
  }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d {
      index += 1
    }
  }

  /// Takes `byte` if it is the next one.
  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    index += 1
    return true
  }

  private func error(_ reason: String) -> JSONError {
    JSONError(offset: index - bytes.startIndex, reason: reason)
  }

  // MARK: Values

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth < Self.depthLimit else { throw error("nesting too deep") }
    switch peek {
    case UInt8(ascii: "{")?: return try object(depth: depth)
    case UInt8(ascii: "[")?: return try array(depth: depth)
    case UInt8(ascii: "\"")?: return .string(try string())
    case UInt8(ascii: "t")?: return try word("true", .bool(true))
    case UInt8(ascii: "f")?: return try word("false", .bool(false))
    case UInt8(ascii: "n")?: return try word("null", .null)
    case nil: throw error("the text ends where a value must stand")
    case let byte?:
      let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      guard isDigit || byte == UInt8(ascii: "-") else { throw error("no value") }
      return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
    guard bytes[index...].starts(with: word.utf8) else { throw error("no value") }
    index += word.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    index += 1
    var members: [JSONMember] = []
    skipBlanks()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipBlanks()
      guard peek == UInt8(ascii: "\"") else { throw error("no name of a member") }
      let name = try string()
      if members.contains(where: { $0.name == name }) { throw error("a name twice") }
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw error("no colon") }
      skipBlanks()
      members.append(JSONMember(name: name, value: try value(depth: depth + 1)))
      skipBlanks()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw error("neither comma nor brace") }
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    index += 1
    var values: [JSONValue] = []
    skipBlanks()
    if take(UInt8(ascii: "]")) { return .array(values) }
    while true {
      skipBlanks()
      values.append(try value(depth: depth + 1))
      skipBlanks()
      if take(UInt8(ascii: "]")) { return .array(values) }
      guard take(UInt8(ascii: ",")) else { throw error("neither comma nor bracket") }
    }
  }

  // MARK: Numbers

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = index
    _ = take(UInt8(ascii: "-"))
    let first = peek
    let whole = skipDigits()
    guard whole > 0 else { throw error("a minus without digits") }
    if whole > 1, first == UInt8(ascii: "0") { throw error("a leading zero") }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      guard skipDigits() > 0 else { throw error("a point without digits") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard skipDigits() > 0 else { throw error("an exponent without digits") }
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    if isInteger, let value = Int64(text) { return .integer(value) }
    guard text.utf8.count <= 1024, let value = Double(text) else {
      throw error("a number with too many digits")
    }
    return .number(value)
  }

  private mutating func skipDigits() -> Int {
    let start = index
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
    return index - start
  }

  // MARK: Strings

  private mutating func string() throws(JSONError) -> String {
    index += 1
    let start = index
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        let text = try text(bytes[start..<index])
        index += 1
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case 0..<0x20: throw error("a control character in a string")
      default: index += 1
      }
    }
    throw error("a string without end")
  }

  /// A string of which the part up to the first backslash has been looked at.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var result = Array(bytes[start..<index])
    while let byte = take() {
      switch byte {
      case UInt8(ascii: "\""): return try text(result[...])
      case UInt8(ascii: "\\"):
        result.append(contentsOf: UTF8.encode(try escaped()) ?? UTF8.encodedReplacementCharacter)
      case 0..<0x20: throw error("a control character in a string")
      default: result.append(byte)
      }
    }
    throw error("a string without end")
  }

  private func text(_ bytes: ArraySlice<UInt8>) throws(JSONError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw error("a string that is not UTF-8")
    }
    return text
  }

  /// What stands behind a backslash.
  private mutating func escaped() throws(JSONError) -> Unicode.Scalar {
    switch take() {
    case UInt8(ascii: "\"")?: return "\""
    case UInt8(ascii: "\\")?: return "\\"
    case UInt8(ascii: "/")?: return "/"
    case UInt8(ascii: "b")?: return "\u{8}"
    case UInt8(ascii: "f")?: return "\u{c}"
    case UInt8(ascii: "n")?: return "\n"
    case UInt8(ascii: "r")?: return "\r"
    case UInt8(ascii: "t")?: return "\t"
    case UInt8(ascii: "u")?: return try scalar()
    default: throw error("an unknown escape")
    }
  }

  /// Four hexadecimal digits, or two surrogates of four each; half a pair becomes U+FFFD.
  private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
    let first = try unit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard UTF16.isLeadSurrogate(first), bytes[index...].starts(with: "\\u".utf8) else {
      return "\u{fffd}"
    }
    let place = index
    index += 2
    let second = try unit()
    guard UTF16.isTrailSurrogate(second) else {
      index = place
      return "\u{fffd}"
    }
    let code = 0x1_0000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00)
    return Unicode.Scalar(code) ?? "\u{fffd}"
  }

  private mutating func unit() throws(JSONError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = take(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue,
        byte < 0x80
      else { throw error("no four hexadecimal digits") }
      value = value << 4 | UInt16(digit)
    }
    return value
  }
}
