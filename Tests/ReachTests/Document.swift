import TestSupport

/// JSON (RFC 8259) read strictly, and not by the reader of the program under test.
enum Document: Hashable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  case array([Document])
  case object([String: Document])

  init(parsing text: String) throws {
    var reader = JSONTextReader(bytes: Array(text.utf8))
    self = try reader.value(depth: 0)
    try reader.end()
  }

  /// A member; `.null` where there is none. `has` tells the two apart.
  subscript(_ name: String) -> Document {
    guard case .object(let members) = self else { return .null }
    return members[name] ?? .null
  }

  func has(_ name: String) -> Bool {
    guard case .object(let members) = self else { return false }
    return members.keys.contains(name)
  }

  var elements: [Document] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }

  var string: String? {
    guard case .text(let text) = self else { return nil }
    return text
  }
}

extension Document: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral
{
  init(stringLiteral text: String) { self = .text(text) }
  init(booleanLiteral flag: Bool) { self = .flag(flag) }
  init(integerLiteral number: Int) { self = .number(Double(number)) }
}

private struct JSONTextReader {
  let bytes: [UInt8]
  var place = 0

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  private func failure(_ what: String) -> FixtureError {
    let rest = String(decoding: bytes.dropFirst(place).prefix(40), as: UTF8.self)
    return FixtureError("not JSON at byte \(place): \(what), before \"\(rest)\"")
  }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { place += 1 }
  }

  private mutating func take(_ text: String) -> Bool {
    guard bytes[place...].starts(with: text.utf8) else { return false }
    place += text.utf8.count
    return true
  }

  mutating func end() throws {
    skipSpace()
    if place != bytes.count { throw failure("more than one document") }
  }

  mutating func value(depth: Int) throws -> Document {
    skipSpace()
    guard depth < 64 else { throw failure("too deep") }
    switch next {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .text(try string())
    case .some where take("null"): return .null
    case .some where take("true"): return .flag(true)
    case .some where take("false"): return .flag(false)
    default: return try number()
    }
  }

  private mutating func object(_ depth: Int) throws -> Document {
    place += 1
    var members: [String: Document] = [:]
    skipSpace()
    if take("}") { return .object(members) }
    repeat {
      skipSpace()
      let name = try string()
      skipSpace()
      guard take(":") else { throw failure("no colon") }
      guard members.updateValue(try value(depth: depth + 1), forKey: name) == nil else {
        throw failure("\(name) stands there twice")
      }
      skipSpace()
    } while take(",")
    guard take("}") else { throw failure("the object does not end") }
    return .object(members)
  }

  private mutating func array(_ depth: Int) throws -> Document {
    place += 1
    var elements: [Document] = []
    skipSpace()
    if take("]") { return .array(elements) }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while take(",")
    guard take("]") else { throw failure("the array does not end") }
    return .array(elements)
  }

  private mutating func number() throws -> Document {
    let digits = bytes[place...].prefix { "+-.eE0123456789".utf8.contains($0) }
    guard let number = Double(String(decoding: digits, as: UTF8.self)) else {
      throw failure("no value")
    }
    place += digits.count
    return .number(number)
  }

  private mutating func string() throws -> String {
    guard take("\"") else { throw failure("no string") }
    var content: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw failure("a bare control character") }
      place += 1
      if byte == UInt8(ascii: "\\") {
        content += Array(String(try escape()).utf8)
      } else {
        content.append(byte)
      }
    }
    guard take("\"") else { throw failure("the string does not end") }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw failure("a string that is not UTF-8")
    }
    return text
  }

  private mutating func escape() throws -> Unicode.Scalar {
    let plain: [UInt8: Unicode.Scalar] = [
      0x22: "\"", 0x5c: "\\", 0x2f: "/", 0x62: "\u{8}", 0x66: "\u{c}", 0x6e: "\n", 0x72: "\r",
      0x74: "\t",
    ]
    guard let letter = next else { throw failure("the string does not end") }
    place += 1
    if let scalar = plain[letter] { return scalar }
    let digits = String(decoding: bytes[place...].prefix(4), as: UTF8.self)
    // Surrogate pairs are not needed: what is beyond the BMP comes as UTF-8.
    guard letter == UInt8(ascii: "u"), digits.utf8.count == 4,
      let value = UInt32(digits, radix: 16),
      let scalar = Unicode.Scalar(value)
    else { throw failure("a bad escape") }
    place += 4
    return scalar
  }
}
