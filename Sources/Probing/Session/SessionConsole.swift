/// What a session on a terminal shows and asks besides the data.
package protocol SessionConsole: AnyObject {
  /// The escape key was typed: the next line is for the menu.
  func openMenu()
  /// The menu is done with, and the session goes on.
  func closeMenu()
  /// Shows what an action has to show; the session itself does what concerns it.
  func perform(_ action: EscapeMenu.Action, _ status: SessionStatus)
}

/// Takes what is typed apart: text for the peer, the escape key, lines for the menu.
struct TypedInput {
  enum Piece: Hashable {
    case text([UInt8])
    case openMenu
    case line([UInt8])
  }

  /// A menu's line has so many bytes at most; the rest is dropped.
  private static let lineLimit = 256
  private var isMenuOpen = false
  private var line: [UInt8] = []

  mutating func pieces(_ bytes: some Collection<UInt8>) -> [Piece] {
    var pieces: [Piece] = []
    var text: [UInt8] = []
    for byte in bytes {
      if isMenuOpen {
        guard byte == 0x0a || byte == 0x0d else {
          if line.count < Self.lineLimit { line.append(byte) }
          continue
        }
        pieces.append(.line(line))
        line = []
        isMenuOpen = false
      } else if byte == EscapeMenu.key {
        if !text.isEmpty { pieces.append(.text(text)) }
        text = []
        isMenuOpen = true
        pieces.append(.openMenu)
      } else {
        text.append(byte)
      }
    }
    if !text.isEmpty { pieces.append(.text(text)) }
    return pieces
  }
}
