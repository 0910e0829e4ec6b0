import Testing

@testable import Model

struct PortListTests {
  static var services: PortList.ServiceNames {
    PortList.ServiceNames(
      port: { ["ssh": Port(22), "https": Port(443), "salt-publish": Port(4505)][$0] },
      all: { ["ssh", "https", "salt-publish"] })
  }

  private func ports(_ words: String...) throws -> [UInt16] {
    try PortList(words, services: Self.services).ports.map(\.number)
  }

  @Test func wordsOfEveryKind() throws {
    #expect(try ports("4505") == [4505])
    #expect(try ports("ssh") == [22])
    #expect(try ports("4505-4508") == [4505, 4506, 4507, 4508])
    #expect(try ports("443,22,80") == [443, 22, 80])
    #expect(try ports("https,4505-4506", "1") == [443, 4505, 4506, 1])
    #expect(try ports("65535") == [65535])
    #expect(try ports("65534-65535") == [65534, 65535])
  }

  @Test func aNameMayHaveADash() throws {
    #expect(try ports("salt-publish") == [4505])
  }

  @Test func eachPortOnce() throws {
    #expect(try ports("22,ssh,22-23", "22") == [22, 23])
    #expect(try ports("00022") == [22])
  }

  @Test func allAndTop() throws {
    let all = try ports("all")
    #expect(all.count == 65535)
    #expect(all.first == 1 && all.last == 65535)
    #expect(try ports("top").count == 100)
    #expect(try ports("top:3") == [80, 443, 22])
    #expect(try ports("top:\(CommonPorts.ordered.count)").count == CommonPorts.ordered.count)
  }

  @Test func theTableHasNoPortTwice() {
    #expect(Set(CommonPorts.ordered).count == CommonPorts.ordered.count)
    #expect(CommonPorts.ordered.count >= 200)
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    let word: String
    let error: PortListError
    var testDescription: String { word.debugDescription }
  }

  @Test(arguments: [
    Bad(word: "", error: .empty("")),
    Bad(word: ",", error: .empty(",")),
    Bad(word: "22,,80", error: .empty("22,,80")),
    Bad(word: "22,", error: .empty("22,")),
    Bad(word: "0", error: .outOfRange("0")),
    Bad(word: "70000", error: .outOfRange("70000")),
    Bad(word: "-1", error: .outOfRange("-1")),
    Bad(word: "99999999999999999999999", error: .outOfRange("99999999999999999999999")),
    Bad(word: "0-5", error: .outOfRange("0")),
    Bad(word: "5-70000", error: .outOfRange("70000")),
    Bad(word: "22-", error: .empty("22-")),
    Bad(word: "4511-4505", error: .reversed("4511-4505")),
    Bad(word: "htps", error: .unknownService("htps", suggestion: "https")),
    Bad(word: "shs", error: .unknownService("shs", suggestion: "ssh")),
    Bad(word: "salt-pubish", error: .unknownService("salt-pubish", suggestion: "salt-publish")),
    Bad(word: "gibberish", error: .unknownService("gibberish", suggestion: nil)),
    Bad(word: "1-2-3", error: .unknownService("1-2-3", suggestion: nil)),
    Bad(word: " 22", error: .unknownService(" 22", suggestion: nil)),
    Bad(word: "２２", error: .unknownService("２２", suggestion: nil)),
    Bad(word: "top:0", error: .badTop("top:0", limit: CommonPorts.ordered.count)),
    Bad(word: "top:x", error: .badTop("top:x", limit: CommonPorts.ordered.count)),
    Bad(word: "top:99999", error: .badTop("top:99999", limit: CommonPorts.ordered.count)),
  ])
  func badWords(_ bad: Bad) {
    #expect(throws: bad.error) { try PortList([bad.word], services: Self.services) }
  }

  @Test func noWordsAtAll() {
    #expect(throws: PortListError.empty("")) { try PortList([], services: Self.services) }
  }

  @Test func messagesNameTheWord() {
    let error = PortListError.unknownService("htps", suggestion: "https")
    #expect(
      "\(error)" == "\"htps\" is neither a port number nor a known service; did you mean https?")
  }

  @Test func editDistances() {
    #expect(editDistance(Array("ssh".utf8), Array("ssh".utf8)) == 0)
    #expect(editDistance(Array("shs".utf8), Array("ssh".utf8)) == 1)
    #expect(editDistance(Array("".utf8), Array("ssh".utf8)) == 3)
    #expect(editDistance(Array("htps".utf8), Array("https".utf8)) == 1)
  }
}
