import Glibc
import Model
import TestSupport
import Testing

/// Names, families, scopes, blocks and lists.
@Suite(.serialized, .needsRoot, .needs("ip", "nft", "bash"))
struct AddressTests {
  /// Runs with `hosts` in the place of /etc/hosts, and nobody else to ask.
  private func run(_ words: String, hosts: String, in place: TestNamespace) throws -> Answer {
    let path = "/tmp/reach-test-hosts-\(getpid())-\(UInt32.random(in: .min ... .max))"
    try TestFile.write(hosts.utf8, to: path)
    defer { unlink(path) }
    return try ReachCommand(in: place).script(
      """
      unshare --mount bash -c 'mount --bind \(path) /etc/hosts
      exec "$0" \(words)' $reach
      """)
  }

  @Test func everyAddressOfAName() throws {
    let link = try Link()
    let v4 = try TestListener(on: .anyV4, in: link.server)
    let hosts = "10.9.0.2 both\nfd09::2 both\nfd09::2 only6\n10.9.0.2 only4\n"
    let both = try run("both \(v4.port) --json", hosts: hosts, in: link.client)
    let rows = try both.rows()
    #expect(Set(rows.map { $0["address"] }) == ["10.9.0.2", "fd09::2"])
    #expect(rows.first { $0["address"] == "10.9.0.2" }?["state"] == "open")
    let v6 = try #require(rows.first { $0["address"] == "fd09::2" })
    #expect(v6["state"] == "closed")
    #expect(v6["cause"] == "wrong-family")
    #expect(both.status == 1)
    #expect(try both.document()["target"] == "both")
    #expect(try run("both \(v4.port) -4", hosts: hosts, in: link.client).status == 0)
    #expect(try run("both \(v4.port) -6", hosts: hosts, in: link.client).status == 1)
    #expect(try run("only4,10.9.0.2 \(v4.port)", hosts: hosts, in: link.client).status == 0)
    let missing = try run("only6 \(v4.port) -4 --json", hosts: hosts, in: link.client)
    #expect(missing.status == 68)
    #expect(missing.errorText.contains("only6"))
  }

  @Test func sixOnly() throws {
    let link = try Link()
    let listener = try TestListener(on: .anyV6, in: link.server)
    let answer = try run(
      "only6 \(listener.port) --json", hosts: "fd09::2 only6\n", in: link.client)
    #expect(try answer.rows().map { $0["address"] } == ["fd09::2"])
    #expect(answer.status == 0)
    let four = try ReachCommand(in: link.client)("10.9.0.2 \(listener.port) --json")
    #expect(try four.row()["cause"] == "wrong-family")
  }

  @Test func aScopedAddress() throws {
    let link = try Link()
    // Duplicate address detection is off: the address is there once the link is.
    let text = try link.server.ip("-6 -o address show dev eth0 scope link")
    let words = text.split(separator: " ")
    let place = try #require(words.firstIndex(of: "inet6"))
    let address = try #require(words[place + 1].split(separator: "/").first)
    let listener = try TestListener(on: .anyV6, in: link.server)
    let answer = try ReachCommand(in: link.client)("\(address)%eth0 \(listener.port) --json")
    #expect(try answer.row()["state"] == "open", "\(answer.text)")
    #expect(try answer.row()["address"].string == "\(address)%eth0")
    #expect(answer.status == 0)
  }

  @Test func blocksListsAndJoinedPorts() throws {
    let link = try Link()
    let listener = try TestListener(on: .anyV4, in: link.server)
    let reach = ReachCommand(in: link.client)
    let block = try reach("127.0.0.0/30 4777,4778 --json")
    #expect(try block.rows().count == 8)
    #expect(Set(try block.rows().map { $0["address"] }).count == 4)
    let list = try reach("127.0.0.1,10.9.0.2 \(listener.port) --json")
    #expect(try list.rows().map { $0["address"] } == ["127.0.0.1", "10.9.0.2"])
    #expect(try list.rows().map { $0["state"] } == ["closed", "open"])
    #expect(try reach("10.9.0.2:\(listener.port)").status == 0)
    #expect(try reach("[fd09::2]:\(listener.port)").status == 1)
    let six = try reach("[fd09::2]:4777 --json")
    #expect(try six.row()["address"] == "fd09::2")
    #expect(try six.row()["port"] == 4777)
  }

  @Test func aNameThatDoesNotExist() throws {
    let link = try Link()
    let answer = try run("no-such-name.invalid 80 --json", hosts: "", in: link.client)
    #expect(answer.status == 68)
    let document = try answer.document()
    #expect(document["results"] == .array([]))
    let slug = document["error"]["slug"]
    #expect(slug == "name-not-found" || slug == "name-failure")
    #expect(answer.errorText.contains("no-such-name.invalid"))
    #expect(answer.errorLines.count == 1)
  }

  @Test func theUnspecifiedAddressIsThisHost() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let listener = try TestListener(on: .anyV4, in: host)
    let four = try ReachCommand(in: host)("0.0.0.0 \(listener.port) --json")
    #expect(try four.row()["state"] == "open")
    #expect(try four.row()["address"] == "127.0.0.1")
    let six = try ReachCommand(in: host)(":: \(listener.port) --json")
    #expect(try six.row()["cause"] == "wrong-family")
    #expect(try six.row()["address"] == "::1")
  }
}
