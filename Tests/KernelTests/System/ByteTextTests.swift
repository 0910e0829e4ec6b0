import Testing

@testable import Kernel

@Suite struct ByteTextTests {
  @Test(
    arguments: [
      ("0", 0), ("18446744073709551615", .max), ("18446744073709551616", nil), ("", nil),
      ("-1", nil), ("1 ", nil), ("007", 7), ("99999999999999999999999", nil),
    ] as [(String, UInt64?)])
  func decimal(_ text: String, _ value: UInt64?) {
    #expect(Array(text.utf8).decimal == value)
  }

  @Test(
    arguments: [
      ("-1", -1), ("5", 5), ("-", nil), ("--1", nil), ("9223372036854775808", nil),
    ] as [(String, Int64?)])
  func signedDecimal(_ text: String, _ value: Int64?) {
    #expect(Array(text.utf8).signedDecimal == value)
  }

  @Test(
    arguments: [
      ("ff", 0xff), ("0A00", 0xa00), ("", nil), ("0x1", nil), ("11112222333344445", nil),
    ] as [(String, UInt64?)])
  func hexadecimal(_ text: String, _ value: UInt64?) {
    #expect(Array(text.utf8).hexadecimal == value)
  }

  @Test func wordsAndLines() {
    let bytes = Array(" a\tb  c\r\n\n d ".utf8)
    #expect(bytes.lines.map(\.text) == [" a\tb  c\r", " d "])
    #expect(bytes.words.map(\.text) == ["a", "b", "c", "d"])
    #expect(bytes.trimmed.text == "a\tb  c\r\n\n d")
    #expect([UInt8]().trimmed.isEmpty)
    #expect(Array("   ".utf8).trimmed.isEmpty)
  }
}

@Suite struct TextFileTests {
  @Test func limits() throws {
    #expect(throws: KernelError.tooLarge(what: "/dev/zero", limit: 10_000)) {
      try TextFile.read("/dev/zero", limit: 10_000)
    }
    #expect(try TextFile.read("/dev/null").isEmpty)
    #expect(try TextFile.readStart("/dev/zero", count: 7) == [UInt8](repeating: 0, count: 7))
    let status = try TextFile.read("/proc/self/status")
    #expect(status.lines.contains { $0.starts(with: "CapEff:".utf8) })
  }

  @Test func absence() {
    #expect {
      try TextFile.read("/nonexistent")
    } throws: { error in
      guard case .call("open", .noEntry, let context) = error as? KernelError else { return false }
      return context == "/nonexistent"
    }
    #expect(Directory.numbers("/nonexistent").isEmpty)
  }

  @Test func directories() throws {
    #expect(Directory.numbers("/proc").contains(1))
    #expect(try Directory.names("/proc/self").contains("ns"))
  }
}
