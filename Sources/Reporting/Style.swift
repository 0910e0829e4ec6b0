internal import Model

/// How text for people is dressed: with colour or without. Whoever owns the terminal decides.
package struct Style: Hashable, Sendable {
  package var hasColour: Bool
  /// Columns to fit tables into; `nil` for no limit.
  package var width: Int?

  package init(hasColour: Bool = false, width: Int? = nil) {
    self.hasColour = hasColour
    self.width = width
  }

  package static let plain = Style()

  /// SGR parameters (ECMA-48, section 8.3.117).
  enum Tone: String {
    case good = "32"
    case bad = "31"
    case warning = "33"
    case heading = "1"
    case faint = "2"
  }

  /// `text`, which is already safe to show, in a tone.
  func paint(_ text: String, _ tone: Tone) -> String {
    hasColour ? "\u{1b}[\(tone.rawValue)m\(text)\u{1b}[0m" : text
  }

  /// The state in capitals; never by colour alone.
  func state(_ state: PortState, isConditional: Bool = false) -> String {
    let word = state.rawValue.uppercased() + (isConditional ? "?" : "")
    let tone: Tone =
      switch state {
      case .open: isConditional ? .warning : .good
      case .closed, .refused, .blocked, .filtered, .unreachable: .bad
      case .openOrFiltered, .unknown: .warning
      }
    return paint(word, tone)
  }
}
