import Testing

@testable import Reporting

@Suite struct EscapingTests {
  @Test func ordinaryTextStays() {
    #expect(Escaping.printable("web-1 größer 漢字 \\ \"") == "web-1 größer 漢字 \\ \"")
  }

  @Test func controlsBecomeVisible() {
    #expect(Escaping.printable("a\u{1b}[2J\u{7}\r\n\t\u{7f}") == #"a\x1b[2J\x07\r\n\t\x7f"#)
    #expect(Escaping.printable("\u{85}\u{9b}") == #"\x85\x9b"#)
  }

  @Test func directionAndInvisibleCharactersBecomeVisible() {
    #expect(Escaping.printable("a\u{202e}b\u{2066}c") == #"a\u{202e}b\u{2066}c"#)
    #expect(Escaping.printable("a\u{200b}\u{2028}\u{e0041}") == #"a\u{200b}\u{2028}\u{e0041}"#)
  }

  @Test func everyByteOfBrokenUTF8IsShown() {
    #expect(Escaping.printable(bytes: [0x61, 0xff, 0x62]) == #"a\xffb"#)
    // A cut sequence, a lone continuation byte and an encoded surrogate.
    #expect(Escaping.printable(bytes: [0xe2, 0x82]) == #"\xe2\x82"#)
    #expect(Escaping.printable(bytes: [0x80]) == #"\x80"#)
    #expect(Escaping.printable(bytes: [0xed, 0xa0, 0x80]) == #"\xed\xa0\x80"#)
    #expect(Escaping.printable(bytes: Array("é\u{9b}".utf8)) == #"é\x9b"#)
  }

  @Test func nothingOfTheFirstPlaneSlipsThrough() {
    for value in (0 as UInt32)...0xffff {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = Escaping.printable(String(Character(scalar)))
      #expect(!text.unicodeScalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) })
    }
  }
}
