import Testing

@testable import Probing

/// Lines, line ends, the escape key and its menu.
struct TypedInputTests {
  @Test func theEscapeKeyOpensTheMenu() {
    var input = TypedInput()
    #expect(input.pieces(Array("abc\u{1d}".utf8)) == [.text(Array("abc".utf8)), .openMenu])
    #expect(input.pieces(Array("sta".utf8)).isEmpty)
    #expect(
      input.pieces(Array("tus\nmore".utf8))
        == [.line(Array("status".utf8)), .text(Array("more".utf8))])
    #expect(input.pieces(Array("\u{1d}\r".utf8)) == [.openMenu, .line([])])
  }

  @Test func wordsAndLettersMeanTheSame() {
    #expect(EscapeMenu.action("c".utf8) == .close)
    #expect(EscapeMenu.action(" Close ".utf8) == .close)
    #expect(EscapeMenu.action("q".utf8) == .close)
    #expect(EscapeMenu.action("".utf8) == .resume)
    #expect(EscapeMenu.action("?".utf8) == .help)
    #expect(EscapeMenu.action("\u{1d}".utf8) == .sendEscape)
    #expect(EscapeMenu.action("break".utf8) == .send(.breakKey))
    #expect(EscapeMenu.action("x".utf8) == .unknown)
    #expect(EscapeMenu.action([0xff]) == .unknown)
  }

  @Test func lineEndsAreCompletedOnce() {
    var ending = LineEnding(isCRLF: true)
    #expect(
      ending.converted(Array("a\nb\r\nc\n\nd\r".utf8)) == Array("a\r\nb\r\nc\r\n\r\nd\r".utf8))
    // The carriage return came with the piece before.
    #expect(ending.converted(Array("\nx".utf8)) == Array("\nx".utf8))
    var plain = LineEnding(isCRLF: false)
    #expect(plain.converted(Array("a\n".utf8)) == Array("a\n".utf8))
  }
}
