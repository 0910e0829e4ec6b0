import Model
import TestSupport
import Testing

/// What a service says is shown, and can do no harm.
@Suite(.needsRoot, .needs("ip"))
struct ServiceBannerTests {
  private func answers(
    saying banner: [UInt8], hangsUpRudely: Bool = false
  ) throws -> (text: Answer, json: Answer) {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let server = try BannerServer(saying: banner, hangsUpRudely: hangsUpRudely, in: host)
    defer { server.stop() }
    let words = "127.0.0.1 \(server.port) --banner -w 10"
    return (try ReachCommand(in: host)(words), try ReachCommand(in: host)(words + " --json"))
  }

  @Test func aGreetingIsShown() throws {
    let (text, json) = try answers(saying: Array("220 mail.example ESMTP\r\n".utf8))
    #expect(text.text.contains("220 mail.example ESMTP"))
    #expect(try json.row()["probe"]["banner"] == "220 mail.example ESMTP")
    #expect(text.status == 0)
  }

  @Test func aHundredKilobytesOfEscapes() throws {
    var banner: [UInt8] = []
    while banner.count < 100_000 {
      banner +=
        Array("\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}\0\r".utf8) + [0xff, 0xc3, 0x9b]
    }
    let (text, json) = try answers(saying: banner)
    #expect(text.status == 0)
    #expect(json.status == 0)
    let harmful = text.text.unicodeScalars.filter {
      $0 != "\n" && ($0.value < 0x20 || (0x7f...0x9f).contains($0.value) || $0 == "\u{202e}")
    }
    #expect(harmful.isEmpty)
    #expect(text.text.contains("\\x1b]0;owned\\x07"))
    #expect(text.lines.count < 10)
    #expect(text.text.utf8.count < 4000)
    let shown = try #require(try json.row()["probe"]["banner"].string)
    #expect(shown.hasPrefix("\u{1b}]0;owned\u{7}"))
    #expect(json.text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
  }

  @Test func aPeerThatResetsIsOpenAllTheSame() throws {
    let (text, json) = try answers(saying: Array("SSH-2.0-half".utf8), hangsUpRudely: true)
    #expect(text.status == 0)
    #expect(try json.row()["state"] == "open")
    #expect(try json.row()["probe"]["outcome"] == "connected")
    let silent = try answers(saying: [], hangsUpRudely: true)
    #expect(silent.text.status == 0)
    #expect(try silent.json.row()["probe"]["banner"] == .null)
  }
}
