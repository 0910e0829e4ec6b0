import Testing

@testable import Reporting

/// Nothing of a peer's steers the terminal, whatever pieces it comes in.
struct TerminalFilterTests {
  private func shown(_ bytes: [UInt8]) -> String {
    var whole = TerminalFilter()
    let result = whole.shown(bytes) + whole.rest()
    var single = TerminalFilter()
    var pieces: [UInt8] = []
    for byte in bytes { pieces += single.shown([byte]) }
    pieces += single.rest()
    #expect(pieces == result)
    return String(decoding: result, as: UTF8.self)
  }

  @Test func textStays() {
    #expect(shown(Array("plain\ttext, größer €, 😀\n".utf8)) == "plain\ttext, größer €, 😀\n")
    #expect(shown(Array("a\r\nb\r\n".utf8)) == "a\nb\n")
    #expect(shown([]) == "")
  }

  @Test func controlsAreShown() {
    #expect(shown(Array("\u{1b}[2J\u{7}\u{8}".utf8)) == "\\x1b[2J\\x07\\x08")
    #expect(shown(Array("good\rbad\n".utf8)) == "good\\rbad\n")
    #expect(shown(Array("end\r".utf8)) == "end\\r")
    #expect(shown(Array("\u{202e}x\u{9b}".utf8)) == "\\u{202e}x\\x9b")
  }

  @Test func brokenCharactersAreShown() {
    #expect(shown([0x61, 0xff, 0xc3, 0x62]) == "a\\xff\\xc3b")
    #expect(shown([0xe2, 0x82]) == "\\xe2\\x82")
    #expect(shown([0xf0, 0x9f, 0x0a, 0x80]) == "\\xf0\\x9f\n\\x80")
  }

  @Test func noiseStaysHarmless() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      let bytes = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let text = shown(bytes)
      #expect(
        text.unicodeScalars.allSatisfy {
          $0 == "\n" || $0 == "\t" || $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value)
        })
    }
  }
}
