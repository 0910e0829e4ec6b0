internal import Kernel
internal import Probing
internal import Reporting

/// The terminal that a session is typed on: its mode, and the menu.
final class TalkConsole: SessionConsole {
  private let isRaw: Bool
  private let peer: String

  /// - Parameter peer: whom the session is with, for the status.
  init(peer: String, isRaw: Bool) {
    self.peer = peer
    self.isRaw = isRaw
  }

  /// Takes the terminal into the mode of a session.
  func begin() {
    (isRaw ? TerminalMode.raw : .lines(endedBy: EscapeMenu.key)).enter()
  }

  func end() {
    TerminalMode.restore()
  }

  func openMenu() {
    TerminalMode.restore()
    StandardStream.error.write("\nreach> ")
  }

  func closeMenu() {
    begin()
  }

  func perform(_ action: EscapeMenu.Action, _ status: SessionStatus) {
    switch action {
    case .close, .sendEscape, .resume: break
    case .send: if !status.isTelnet { say("the peer does not speak telnet") }
    case .status: say(Self.text(of: status, peer))
    case .toggleLineEnding: say("lines end with " + (status.isCRLF ? "CR LF" : "LF") + " now")
    case .suspend: TerminalMode.suspend()
    case .help: StandardStream.error.write(EscapeMenu.help)
    case .unknown: StandardStream.error.write("no such command\n" + EscapeMenu.help)
    }
  }

  private func say(_ text: String) {
    StandardStream.error.write(text + "\n")
  }

  private static func text(of status: SessionStatus, _ peer: String) -> String {
    "connected to \(Escaping.printable(peer)): \(status.sent) bytes sent, "
      + "\(status.received) received; "
      + (status.isTelnet ? "telnet; " : "")
      + "lines end with " + (status.isCRLF ? "CR LF" : "LF")
      + (status.hasPeerEnded ? "; the peer has said all" : "")
  }
}
