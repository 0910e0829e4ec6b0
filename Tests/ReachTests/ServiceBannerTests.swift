import Model
import TestSupport
import Testing

/// What a service says is shown, and can do no harm.
@Suite(.serialized, .needsRoot, .needs("ip"))
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

  /// Names of programs and comments of rules come from others as well.
  @Test(.needs("nft", "nc")) func namesAndComments() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    try host.loadRuleset(
      """
      table inet f {
        chain i { type filter hook input priority 0;
          tcp dport 4777 drop comment "\u{1b}[2Jharmless\u{7}"
        }
      }
      """)
    let answer = try ReachCommand(in: host).script(
      """
      directory=$(mktemp -d)
      program=$directory/$'nc\\e[31m'
      cp "$(readlink -f "$(command -v nc)")" "$program"
      "$program" -lk 127.0.0.1 4777 >/dev/null & server=$!
      until ss -Hltn | grep -q :4777; do sleep 0.05; done
      $reach 127.0.0.1 4777 -w 1
      status=$?
      $reach 127.0.0.1 4777 -w 1 --json >&2
      kill $server
      rm -r "$directory"
      exit $status
      """)
    #expect(answer.status == 1)
    #expect(answer.text.contains("nc\\x1b[31m"), "\(answer.text)")
    #expect(answer.text.contains("\\x1b[2Jharmless\\x07"))
    #expect(!answer.text.unicodeScalars.contains("\u{1b}"))
    let row = try Document(parsing: answer.errorText)["results"].elements.first
    #expect(row?["firewall"]["decidedBy"]["comment"] == "\u{1b}[2Jharmless\u{7}")
    #expect(row?["listener"]["sockets"].elements.first?["command"] == "nc\u{1b}[31m")
  }
}
