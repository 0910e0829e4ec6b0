import Reporting
import Testing

@Suite("Reading JSON")
struct JSONReaderTests {
  private static func value(_ text: String) throws -> JSONValue {
    try JSONReader.value(of: Array(text.utf8)[...])
  }

  struct Case: Sendable, CustomStringConvertible {
    var text: String
    var value: JSONValue
    var description: String { text }
    init(_ text: String, _ value: JSONValue) {
      self.text = text
      self.value = value
    }
  }

  @Test(arguments: [
    Case("null", .null), Case(" true\r\n", .bool(true)), Case("false", .bool(false)),
    Case("0", .integer(0)), Case("-7", .integer(-7)), Case("1.5", .number(1.5)),
    Case("2e3", .number(2000)), Case("-0", .integer(0)),
    Case("9223372036854775807", .integer(.max)), Case("-9223372036854775808", .integer(.min)),
    Case("9223372036854775808", .number(9_223_372_036_854_775_808)),
    Case("1e999", .number(.infinity)),
    Case("\"\"", .string("")), Case(#""a\"\\\/\b\f\n\r\tz""#, .string("a\"\\/\u{8}\u{c}\n\r\tz")),
    Case(#""\u00e4\ud83d\ude00""#, .string("\u{e4}\u{1f600}")),
    Case(#""\ud83d\u0041""#, .string("\u{fffd}A")), Case(#""\ude00""#, .string("\u{fffd}")),
    Case("\"\u{e4}\u{1f600}\"", .string("\u{e4}\u{1f600}")),
    Case("[]", .array([])), Case("[1, [null] ]", .array([.integer(1), .array([.null])])),
    Case("{}", .object([])),
  ])
  func values(_ example: Case) throws {
    #expect(try Self.value(example.text) == example.value)
  }

  @Test func membersKeepTheirOrder() throws {
    guard case .object(let members) = try Self.value(#"{"b":1, "a" : {"c":[]}}"#) else {
      Issue.record("no object")
      return
    }
    #expect(members.map(\.name) == ["b", "a"])
  }

  @Test(arguments: [
    "", " ", "nul", "nullx", "tru", "+1", "01", "-", "1.", ".5", "1e", "1e+", "0x1", "'a'", "\"a",
    "\"\\", "\"\\u12", "\"\\u12g4\"", "\"\\x\"", "\"\u{1}\"", "[", "[1", "[1,", "[1,]", "[,]",
    "[1 2]",
    "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{\"a\" 1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1,\"a\":2}", "1 2", "[]]", "// x", "NaN", "Infinity", "\u{feff}1",
  ])
  func whatIsNotJSONIsRefused(_ text: String) {
    #expect(throws: JSONError.self) { try Self.value(text) }
  }

  @Test func whatIsNotUTF8IsRefused() {
    for bytes in [[0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0x80]] as [[UInt8]] {
      #expect(throws: JSONError.self) { try JSONReader.value(of: ([0x22] + bytes + [0x22])[...]) }
    }
  }

  @Test func depthIsLimited() throws {
    let deep = { (count: Int) in
      String(repeating: "[", count: count) + String(repeating: "]", count: count)
    }
    _ = try Self.value(deep(30))
    #expect(throws: JSONError.self) { try Self.value(deep(33)) }
    #expect(throws: JSONError.self) { try Self.value(deep(1_000_000)) }
  }

  @Test func longNumbersAreRefusedOrRead() throws {
    #expect(throws: JSONError.self) { try Self.value(String(repeating: "9", count: 100_000)) }
    guard case .number = try Self.value(String(repeating: "9", count: 100)) else {
      Issue.record("no number")
      return
    }
  }

  /// Nothing traps, whatever comes: noise, and damaged versions of a good line.
  @Test func noiseNeverTraps() {
    var generator = SeededGenerator(seed: 7)
    let alphabet = Array("{}[]\",:\\u0159eE+-.tfn nulltrue\u{e4}".utf8)
    let good = Array(
      #"{"protocol":"tcp","from":"10.9.0.2:1","to":"[fd09::1]:2","in":null,"tcpFlags":["syn"]}"#
        .utf8)
    for round in 0..<20_000 {
      var bytes: [UInt8]
      switch round % 3 {
      case 0:
        bytes = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
          .random(in: .min ... .max, using: &generator)
        }
      case 1:
        bytes = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
          alphabet.randomElement(using: &generator) ?? 0
        }
      default:
        bytes = good
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          bytes[.random(in: bytes.indices, using: &generator)] =
            .random(in: .min ... .max, using: &generator)
        }
        if Bool.random(using: &generator) {
          bytes.removeLast(.random(in: 0...bytes.count, using: &generator))
        }
      }
      _ = try? JSONReader.value(of: bytes[...])
      _ = try? BatchLine(bytes[...])
    }
  }
}

/// The same numbers in every run (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
