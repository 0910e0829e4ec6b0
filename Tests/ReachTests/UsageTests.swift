import TestSupport
import Testing

/// Words that are wrong end with a sentence on standard error, status 64 and, where JSON is wanted,
/// the contract's error document; a name that leads nowhere with 68.
@Suite(.serialized) struct UsageTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var words: [String]
    /// Part of the sentence.
    var says: String
    var status: Int32 = 64
    var slug = "usage"

    var testDescription: String { words.joined(separator: " ").debugDescription }
  }

  static let cases: [Case] = [
    Case(words: ["127.0.0.1", "0"], says: "0 is not a port: ports are 1 to 65535"),
    Case(words: ["127.0.0.1", "70000"], says: "70000 is not a port"),
    Case(words: ["127.0.0.1", "-5"], says: "-5"),
    Case(words: ["127.0.0.1", "80-79"], says: "80-79 ends before it starts"),
    Case(words: ["127.0.0.1", "80-70000"], says: "70000 is not a port"),
    Case(words: ["127.0.0.1", ""], says: "no port is given"),
    Case(words: ["127.0.0.1", ","], says: "a port is missing"),
    Case(words: ["127.0.0.1", "22,,80"], says: "a port is missing in \"22,,80\""),
    Case(words: ["127.0.0.1", "80-"], says: "a port is missing in \"80-\""),
    Case(words: ["127.0.0.1"], says: "no port is given"),
    Case(words: ["127.0.0.1", "shh"], says: "did you mean ssh?"),
    Case(words: ["127.0.0.1", "top:0"], says: "N is a number from 1"),
    Case(words: ["127.0.0.1", "nosuchservice"], says: "neither a port number nor a known service"),
    Case(words: ["127.0.0.1", "80\u{1b}[31m"], says: "\\x1b"),
    Case(words: ["127.0.0.1:99999"], says: "99999 is not a port"),
    Case(words: ["", "80"], says: "the host is empty"),
    Case(words: ["a,,b", "80"], says: "a host is missing"),
    Case(words: ["a\u{7}b", "80"], says: "a control character"),
    Case(words: ["a\nb", "80"], says: "a control character"),
    Case(words: ["10.0.0.0/33", "80"], says: "not a block of addresses"),
    Case(words: ["10.0.0.0/8", "80"], says: "more than 65536 addresses"),
    Case(words: ["1:2:3", "80"], says: "not an IP address"),
    Case(words: ["127.0.0.1", "80", "--from", "garbage"], says: "--from takes here, outside"),
    Case(words: ["127.0.0.1", "80", "--from", "10.0.0.1:0"], says: "--from takes"),
    Case(words: ["127.0.0.1", "80", "--from", "::1", "-4"], says: "not of the IP version"),
    Case(words: ["127.0.0.1", "80", "-s", "myself"], says: "-s takes an address of this host"),
    Case(
      words: ["127.0.0.1", "80", "-s", "::1"],
      says: "-s ::1 is an IPv6 address, and 127.0.0.1 is IPv4"),
    Case(
      words: ["::1", "80", "--from", "10.0.0.1"],
      says: "--from 10.0.0.1 is an IPv4 address, and ::1 is IPv6"),
    Case(words: ["127.0.0.1", "80", "-p", "0"], says: "-p takes a port from 1 to 65535"),
    Case(words: ["127.0.0.1", "80", "-w", "0"], says: "-w takes seconds between 0 and 86400"),
    Case(words: ["127.0.0.1", "80", "-w", "soon"], says: "'soon' is invalid"),
    Case(words: ["127.0.0.1", "80", "-w", "nan"], says: "-w takes seconds"),
    Case(words: ["127.0.0.1", "80", "--wait=-1"], says: "--wait takes seconds"),
    Case(words: ["127.0.0.1", "80", "--parallel", "0"], says: "--parallel takes a number"),
    Case(
      words: ["127.0.0.1", "80", "--expect", "ajar"],
      says: "\"ajar\" is not a state; the states are open, closed"),
    Case(words: ["127.0.0.1", "80", "--expect", ""], says: "\"\" is not a state"),
    Case(words: ["127.0.0.1", "80", "--bogus"], says: "Unknown option '--bogus'"),
    Case(
      words: ["127.0.0.1", "80", "-6"], says: "127.0.0.1 is not an IPv6 address", status: 68,
      slug: "name-not-found"),
    Case(
      words: ["localhost", "80", "-n"], says: "-n forbids looking names up", status: 68,
      slug: "name-not-found"),
    Case(
      words: ["fe80::1%nosuchdevice", "80"], says: "there is no interface nosuchdevice",
      status: 68, slug: "name-failure"),
    Case(
      words: ["fe80::1", "80"], says: "say on which interface", status: 68, slug: "name-failure"),
  ]

  @Test(arguments: cases) func wrongWordsAreNamed(_ test: Case) throws {
    let answer = try ReachCommand()(test.words)
    #expect(answer.status == test.status)
    #expect(answer.text.isEmpty)
    #expect(answer.errorText.contains(test.says), "\(answer.errorText)")
    #expect(answer.errorText.hasPrefix("reach: "))
    #expect(answer.errorLines.count <= 2, "\(answer.errorText)")
    #expect(answer.errorText.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
  }

  @Test(arguments: cases) func wrongWordsGiveAnErrorDocument(_ test: Case) throws {
    let answer = try ReachCommand()(test.words + ["--json"])
    #expect(answer.status == test.status)
    let document = try answer.document()
    #expect(document["schema"] == "reach/check/1")
    #expect(document.has("target"))
    #expect(document["results"] == .array([]))
    #expect(document["error"]["slug"].string == test.slug)
    #expect(document["error"]["message"].string?.isEmpty == false)
  }

  @Test func nothingAtAllIsAnsweredShortly() throws {
    let answer = try ReachCommand()([])
    #expect(answer.status == 64)
    #expect(answer.errorText.contains("HOST and PORT are missing"))
    #expect(answer.errorText.contains("reach --help"))
  }

  @Test func helpAndVersionAreNoErrors() throws {
    let help = try ReachCommand()("--help")
    #expect(help.status == 0)
    #expect(help.text.contains("HOST PORT"))
    #expect(try ReachCommand()("127.0.0.1 80 --help").text.contains("--expect"))
    #expect(try ReachCommand()("--version").status == 0)
  }

  @Test func jsonLinesEndWithAnErrorLine() throws {
    let answer = try ReachCommand()("127.0.0.1 70000 --json-lines")
    #expect(answer.status == 64)
    #expect(try answer.documents().map { $0["error"]["slug"] } == ["usage"])
  }

  /// As getopt(3) would read them.
  @Test(arguments: ["-zvw1", "-w1", "-nzvw 1", "-zv -w1", "-4zvw1", "-s127.0.0.1", "-vs 127.0.0.1"])
  func optionsMayBeJoined(_ options: String) throws {
    for words in ["\(options) 127.0.0.1 1 --no-probe", "127.0.0.1 1 --no-probe \(options)"] {
      let answer = try ReachCommand()(words)
      #expect(answer.status == 1, "\(answer.errorText)")
      #expect(answer.text.contains("1/tcp"))
    }
    #expect(try ReachCommand()("127.0.0.1 1 -zvw1x").errorText.contains("'1x' is invalid"))
  }
}
