import Glibc
import TestSupport
import Testing

/// `reach talk` as a person sees it: escaping, the menu, and a terminal that is as before
/// afterwards.
@Suite(.serialized) struct TalkTerminalTests {
  private func session(
    _ options: [String] = [], _ serve: @escaping @Sendable (Int32) -> Void
  ) throws -> (TerminalSession, Peer) {
    let peer = try Peer.tcp(serve)
    let session = try TerminalSession(
      [ReachCommand.path, "talk"] + options + ["127.0.0.1", "\(peer.port)"])
    return (session, peer)
  }

  /// Reads and sends back, until the end.
  private static let echo: @Sendable (Int32) -> Void = { connection in
    var chunk = [UInt8](repeating: 0, count: 4096)
    for _ in 0..<60 {
      let count = recv(connection, &chunk, chunk.count, 0)
      if count == 0 { return }
      guard count > 0 else { continue }
      sendAll(connection, Array("<".utf8) + chunk.prefix(count) + Array(">".utf8))
    }
  }

  @Test func linesGoOutAndControlsAreShown() throws {
    let (session, peer) = try session { connection in
      sendAll(connection, Array("\u{1b}[2Jowned\u{7}\r\n".utf8))
      Self.echo(connection)
    }
    defer { peer.stop() }
    try session.wait(for: "\\x1b[2Jowned\\x07")
    #expect(!session.shown.contains(0x1b))
    #expect(!session.shown.contains(0x07))
    try session.type("hello\n")
    try session.wait(for: "<hello")
    #expect(session.modes.end == 0x1d)
    try session.type("\u{1d}")
    try session.wait(for: "reach> ")
    #expect(session.modes.end != 0x1d)
    try session.type("status\n")
    try session.wait(for: "6 bytes sent")
    try session.wait { session.modes.end == 0x1d }
    try session.type("\u{1d}r\n")
    try session.wait(for: "CR LF now")
    try session.type("\u{1d}?\n")
    try session.wait(for: "close the connection")
    try session.type("again\n")
    try session.wait(for: "<again\r\n>")
    try session.type("\u{1d}c\n")
    #expect(try session.end() == 0)
    #expect(session.modes.end != 0x1d)
    #expect(session.modes.isCanonical && session.modes.echoes)
  }

  @Test func unescapedIsAsItCame() throws {
    let (session, peer) = try session(["--unescaped"]) { sendAll($0, Array("\u{1b}[1mx".utf8)) }
    defer { peer.stop() }
    try session.wait(for: "\u{1b}[1mx")
    #expect(try session.end() == 0)
  }

  @Test func rawKeysGoOutAtOnce() throws {
    let (session, peer) = try session(["--raw"], Self.echo)
    defer { peer.stop() }
    try session.wait { !session.modes.isCanonical && !session.modes.echoes }
    try session.type("k")
    try session.wait(for: "<k>")
    try session.type("\u{3}")
    try session.wait(for: "<\\x03>")
    try session.type("\u{1d}")
    try session.wait { session.modes.isCanonical && session.modes.echoes }
    try session.type("close\n")
    #expect(try session.end() == 0)
    #expect(session.modes.isCanonical && session.modes.echoes)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGSEGV])
  func everySignalRestoresTheTerminal(_ number: Int32) throws {
    let (session, peer) = try session(["--raw"], Self.echo)
    defer { peer.stop() }
    try session.wait { !session.modes.isCanonical }
    session.signal(number)
    #expect(try session.end() == 128 + number)
    #expect(session.modes.isCanonical && session.modes.echoes)
  }

  @Test func aStoppedSessionGoesOnInItsMode() throws {
    let (session, peer) = try session(["--raw"], Self.echo)
    defer { peer.stop() }
    try session.wait { !session.modes.isCanonical }
    // A group without a terminal of its own ignores SIGTSTP's default; the modes are what counts.
    session.signal(SIGTSTP)
    session.signal(SIGCONT)
    try session.wait { !session.modes.isCanonical }
    try session.type("k")
    try session.wait(for: "<k>")
    session.signal(SIGTERM)
    #expect(try session.end() == 128 + SIGTERM)
    #expect(session.modes.isCanonical)
  }

  @Test func aPeerThatLeavesEndsIt() throws {
    let (session, peer) = try session { sendAll($0, Array("bye\n".utf8)) }
    defer { peer.stop() }
    #expect(try session.end() == 0)
    #expect(session.text.contains("bye"))
    #expect(session.text.contains("the peer closed the connection"))
    #expect(session.modes.end != 0x1d)
  }

  /// A peer that negotiates is refused, and lines get their CR LF.
  @Test func telnetIsNoticed() throws {
    let (session, peer) = try session { connection in
      sendAll(connection, [255, 251, 1, 255, 253, 24] + Array("login: ".utf8))
      var got: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 256)
      for _ in 0..<60 where !got.contains(0x0a) {
        let count = recv(connection, &chunk, chunk.count, 0)
        if count == 0 { return }
        got += chunk.prefix(max(0, count))
      }
      sendAll(connection, Array("got \(got)\n".utf8))
    }
    defer { peer.stop() }
    try session.wait(for: "login: ")
    try session.type("me\n")
    try session.wait(for: "got [255, 254, 1, 255, 252, 24, 109, 101, 13, 10]")
    #expect(try session.end() == 0)
  }
}
