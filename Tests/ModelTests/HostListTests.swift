import Testing

@testable import Model

struct HostListTests {
  private let v4 = IPAddress(v4: 0x0a00_0005)

  @Test func wordsOfEveryKind() throws {
    #expect(try HostList("db1").items == [.name("db1")])
    #expect(try HostList("db1.example.").items == [.name("db1.example.")])
    #expect(try HostList("10.0.0.5").items == [.address(v4, scope: nil)])
    #expect(try HostList("127.1").items == [.name("127.1")])
    #expect(try HostList("::1").items == [.address(.loopbackV6, scope: nil)])
    #expect(try HostList("[::1]").items == [.address(.loopbackV6, scope: nil)])
    let linkLocal = try #require(IPAddress("fe80::1"))
    #expect(try HostList("fe80::1%eth0").items == [.address(linkLocal, scope: "eth0")])
    let block = try #require(Prefix("10.0.0.0/30"))
    #expect(try HostList("10.0.0.2/30").items == [.block(block)])
    #expect(
      try HostList("db1,10.0.0.5,10.0.0.0/30").items
        == [.name("db1"), .address(v4, scope: nil), .block(block)])
  }

  @Test func blocksExpandWhole() throws {
    let small = try #require(Prefix("10.0.0.0/30"))
    #expect(small.addresses.map(\.description) == ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3"])
    let single = try #require(Prefix("::1/128"))
    #expect(Array(single.addresses) == [.loopbackV6])
    let large = try #require(Prefix("255.255.0.0/16"))
    #expect(large.addresses.reduce(0) { count, _ in count + 1 } == 65_536)
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    let text: String
    let error: HostListError
    var testDescription: String { text.debugDescription }
  }

  @Test(arguments: [
    Bad(text: "", error: .empty("")),
    Bad(text: "a,,b", error: .empty("a,,b")),
    Bad(text: "a,", error: .empty("a,")),
    Bad(text: "a b", error: .controlCharacter),
    Bad(text: "a\u{1b}[31m", error: .controlCharacter),
    Bad(text: "a\0b", error: .controlCharacter),
    Bad(text: "a\u{9b}31m", error: .controlCharacter),
    Bad(text: "a\n", error: .controlCharacter),
    Bad(text: String(repeating: "a", count: 300), error: .tooLong),
    Bad(text: "10.0.0.0/33", error: .badBlock("10.0.0.0/33")),
    Bad(text: "10.0.0.0/", error: .badBlock("10.0.0.0/")),
    Bad(text: "db1/24", error: .badBlock("db1/24")),
    Bad(text: "10.0.0.0/-1", error: .badBlock("10.0.0.0/-1")),
    Bad(text: "10.0.0.5:80", error: .badAddress("10.0.0.5:80")),
    Bad(text: "db1:80", error: .badAddress("db1:80")),
    Bad(text: "[::1]:80", error: .badAddress("[::1]:80")),
    Bad(text: "[db1]", error: .badAddress("[db1]")),
    Bad(text: "[", error: .badAddress("[")),
    Bad(text: "fe80::1%", error: .badAddress("fe80::1%")),
    Bad(text: "10.0.0.5%eth0", error: .badAddress("10.0.0.5%eth0")),
    Bad(text: "-v", error: .badName("-v")),
    Bad(text: "10.0.0.0/15", error: .tooManyAddresses("10.0.0.0/15")),
    Bad(text: "::/0", error: .tooManyAddresses("::/0")),
    Bad(text: "10.0.0.0/16,db1", error: .tooManyAddresses("10.0.0.0/16,db1")),
  ])
  func badWords(_ bad: Bad) {
    #expect(throws: bad.error) { try HostList(bad.text) }
  }
}
