/// Writes JSON as it goes: keys in the order given, `null` where nothing is known.
///
/// The caller pairs `beginObject`, `endObject` and `beginArray`, `endArray`; commas are the
/// writer's. What is written so far can be taken away at any time, so that a long document needs
/// no more memory than its longest part.
package struct JSONWriter: Sendable {
  /// What has been written and not yet taken.
  package private(set) var bytes: [UInt8] = []
  private var needsComma = false

  package init() {}

  /// The bytes written since the last call; the writer keeps its place in the document.
  package mutating func take() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }

  package mutating func beginObject() { open(UInt8(ascii: "{")) }
  package mutating func endObject() { close(UInt8(ascii: "}")) }
  package mutating func beginArray() { open(UInt8(ascii: "[")) }
  package mutating func endArray() { close(UInt8(ascii: "]")) }

  /// Ends a document or a line: the next value starts anew.
  package mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    needsComma = false
  }

  package mutating func key(_ name: String) {
    separate()
    quote(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  package mutating func null() { literal("null") }
  package mutating func value(_ flag: Bool) { literal(flag ? "true" : "false") }
  package mutating func value(_ number: some BinaryInteger) { literal(String(number)) }

  package mutating func value(_ text: String?) {
    guard let text else { return null() }
    separate()
    quote(text)
    needsComma = true
  }

  /// Milliseconds with up to three decimals.
  package mutating func milliseconds(_ duration: Duration?) {
    guard let duration else { return null() }
    literal(Self.milliseconds(duration))
  }

  // MARK: Fields, the usual case

  package mutating func field(_ name: String, _ text: String?) {
    key(name)
    value(text)
  }

  package mutating func field(_ name: String, _ flag: Bool?) {
    key(name)
    if let flag { value(flag) } else { null() }
  }

  package mutating func field(_ name: String, _ number: (some BinaryInteger)?) {
    key(name)
    if let number { value(number) } else { null() }
  }

  package mutating func field(_ name: String, _ texts: [String]) {
    key(name)
    beginArray()
    for text in texts { value(text) }
    endArray()
  }

  // MARK: Parts

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  private mutating func literal(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
    needsComma = true
  }

  /// RFC 8259, section 7. What a terminal could take for a command (DEL, the C1 controls) or what
  /// would turn the text round (UAX #9) is escaped besides what must be, since JSON is looked at as
  /// well as parsed.
  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    defer { bytes.append(UInt8(ascii: "\"")) }
    if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) && $0 != 0x22 && $0 != 0x5c }) {
      bytes.append(contentsOf: text.utf8)
      return
    }
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: bytes += [0x5c, 0x22]
      case 0x5c: bytes += [0x5c, 0x5c]
      case 0x0a: bytes.append(contentsOf: "\\n".utf8)
      case 0x0d: bytes.append(contentsOf: "\\r".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20, 0x7f...0x9f, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x2069, 0xfeff:
        escape(scalar.value)
      case 0x20..<0x7f: bytes.append(UInt8(truncatingIfNeeded: scalar.value))
      default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
  }

  private mutating func escape(_ code: UInt32) {
    bytes.append(contentsOf: "\\u".utf8)
    let digits = Array("0123456789abcdef".utf8)
    for shift: UInt32 in [12, 8, 4, 0] { bytes.append(digits[Int(code >> shift & 0xf)]) }
  }

  /// `0.12`, `1003`, without trailing zeros.
  static func milliseconds(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let micros = overflow ? Int64.max : whole.addingClamped(attoseconds / 1_000_000_000_000)
    var text = String(micros.magnitude / 1000)
    var rest = micros.magnitude % 1000
    if rest > 0 {
      var digits = ""
      for _ in 0..<3 {
        digits = String(rest % 10) + digits
        rest /= 10
      }
      while digits.hasSuffix("0") { digits.removeLast() }
      text += "." + digits
    }
    return micros < 0 ? "-" + text : text
  }
}

extension Int64 {
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }
}
