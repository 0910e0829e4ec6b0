/// The small menu behind the escape key of a session on a terminal.
package enum EscapeMenu {
  /// Ctrl-], as in telnet.
  package static let key: UInt8 = 0x1d

  package enum Action: Hashable, Sendable {
    case close
    case status
    case send(TelnetKey)
    /// The escape key itself.
    case sendEscape
    case suspend
    case toggleLineEnding
    case help
    /// Back to the session.
    case resume
    case unknown
  }

  package typealias TelnetKey = TelnetParser.Key

  private static let words: [(letter: String, action: Action, meaning: String)] = [
    ("c", .close, "close the connection"),
    ("s", .status, "show the status"),
    ("b", .send(.breakKey), "send a telnet break"),
    ("i", .send(.interrupt), "send a telnet interrupt (Ctrl-C of the other side)"),
    ("a", .send(.areYouThere), "ask telnet: are you there?"),
    ("e", .sendEscape, "send the escape key itself"),
    ("r", .toggleLineEnding, "send lines with CR LF, or with LF again"),
    ("z", .suspend, "suspend reach; fg goes on"),
    ("h", .help, "this help"),
  ]

  /// What a line typed in the menu means.
  package static func action(_ line: some Collection<UInt8>) -> Action {
    let letters = line.filter { $0 > 0x20 || $0 == key }
    guard let first = letters.first else { return .resume }
    if first == key || letters.elementsEqual("q".utf8) {
      return first == key ? .sendEscape : .close
    }
    if first == UInt8(ascii: "?") { return .help }
    // The first letter is enough, whatever the word.
    return words.first { $0.letter.utf8.first == first | 0x20 }?.action ?? .unknown
  }

  /// One line a command.
  package static var help: String {
    words.map { "  \($0.letter)  \($0.meaning)\n" }.joined() + "  Return alone goes back\n"
  }
}
