import Model
import TestSupport
import Testing

/// Every main state, between two hosts: its cause, its exit status, and that it is told shortly.
@Suite(.serialized, .needsRoot, .needs("ip", "nft"))
struct StateTests {
  /// Checks state and cause as JSON, and the shape of the text.
  private func expect(
    _ words: String, in place: TestNamespace, _ state: String, _ cause: String, status: Int32,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let document = try ReachCommand(in: place)(words + " --json")
    let row = try document.row()
    #expect(row["state"].string == state, sourceLocation: sourceLocation)
    #expect(row["cause"].string == cause, sourceLocation: sourceLocation)
    #expect(document.status == status, sourceLocation: sourceLocation)
    let summary = try #require(row["summary"].string, sourceLocation: sourceLocation)
    let answer = try ReachCommand(in: place)(words)
    #expect(answer.status == status, sourceLocation: sourceLocation)
    #expect(answer.lines.count < 10, "\(answer.text)", sourceLocation: sourceLocation)
    let first = try #require(answer.lines.first, sourceLocation: sourceLocation)
    #expect(first.contains(state.uppercased()), sourceLocation: sourceLocation)
    #expect(
      answer.lines.dropFirst().first?.contains(summary) == true, "\(answer.text)",
      sourceLocation: sourceLocation)
    #expect(answer.errorText.isEmpty, sourceLocation: sourceLocation)
  }

  @Test func open() throws {
    let link = try Link()
    let listener = try TestListener(on: .anyV4, in: link.server)
    try expect(
      "10.9.0.2 \(listener.port)", in: link.client, "open", "connected", status: 0)
  }

  @Test func closed() throws {
    let link = try Link()
    try expect("10.9.0.2 4791", in: link.client, "closed", "no-listener", status: 1)
    try expect("127.0.0.1 4791", in: link.client, "closed", "no-listener", status: 1)
  }

  @Test func closedForTheAddressOnly() throws {
    let link = try Link()
    let listener = try TestListener(on: IPAddress(v4: 0x7f00_0001), in: link.server)
    try expect(
      "10.9.0.2 \(listener.port)", in: link.client, "closed", "wrong-address", status: 1)
  }

  @Test func blocked() throws {
    let link = try Link()
    let listener = try TestListener(on: .anyV4, in: link.server)
    try link.server.loadRuleset(
      """
      table inet filter {
        chain input { type filter hook input priority 0; policy accept;
          iifname "eth0" tcp dport \(listener.port) drop comment "culprit"
        }
      }
      """)
    try expect(
      "10.9.0.2 \(listener.port) -w 1", in: link.client, "blocked", "firewall-drop", status: 1)
    let row = try ReachCommand(in: link.client)("10.9.0.2 \(listener.port) -w 1 --json").row()
    #expect(row["firewall"]["decidedBy"]["comment"] == "culprit")
    // It is not the client's own firewall, and what is to be typed is typed over there.
    let text = try ReachCommand(in: link.client)("10.9.0.2 \(listener.port) -w 1").text
    #expect(text.contains("but the firewall of netns:\(link.server.name) drops"), "\(text)")
    #expect(text.contains("ip netns exec \(link.server.name) nft -a list chain"), "\(text)")
  }

  @Test func whatIsSuggestedForANamespaceWorks() throws {
    let link = try Link()
    let listener = try TestListener(on: .anyV4, in: link.server)
    try link.server.loadRuleset(
      "table inet f { chain i { type filter hook input priority 0; policy drop; }; }")
    let words = "10.9.0.2 \(listener.port) --from 10.9.0.1 --json --netns \(link.server.name)"
    let before = try ReachCommand()(words)
    let suggestion = try #require(try before.row()["suggestion"].string)
    #expect(try before.row()["state"] == "blocked")
    try Command(["sh", "-c", suggestion]).run()
    #expect(try ReachCommand()(words).row()["state"] == "open", "\(suggestion)")
  }

  @Test func filteredByThisHost() throws {
    let link = try Link()
    try link.client.loadRuleset(
      """
      table inet filter {
        chain output { type filter hook output priority 0; tcp dport 4791 drop; }
      }
      """)
    try expect("10.9.0.2 4791 -w 1", in: link.client, "filtered", "firewall-drop", status: 1)
  }

  @Test func refused() throws {
    let link = try Link()
    try link.server.loadRuleset(
      """
      table inet filter {
        chain input { type filter hook input priority 0; tcp dport 4791 reject with tcp reset; }
      }
      """)
    try expect("10.9.0.2 4791", in: link.client, "refused", "firewall-reject", status: 1)
  }

  @Test func unreachable() throws {
    let link = try Link()
    try expect("10.99.0.1 4791", in: link.client, "unreachable", "no-route", status: 1)
    let silent = try ReachCommand(in: link.client)("10.9.0.77 4791 -w 5 --json")
    #expect(try silent.row()["state"] == "unreachable")
    #expect(try silent.row()["cause"] == "neighbour-failed")
  }

  @Test func aSourceThatIsNotOurs() throws {
    let link = try Link()
    let answer = try ReachCommand(in: link.client)("10.9.0.2 4791 -s 192.0.2.1 --json")
    #expect(try answer.row()["state"] == "unknown")
    #expect(try answer.row()["probe"]["errno"] == "EADDRNOTAVAIL")
    #expect(answer.status == 3)
    let text = try ReachCommand(in: link.client)("10.9.0.2 4791 -s 192.0.2.1")
    #expect(text.text.contains("the source asked for can't be used here"))
  }

  @Test func aSourcePortInUse() throws {
    let link = try Link()
    let own = try TestListener(on: .anyV4, in: link.client)
    let listener = try TestListener(on: .anyV4, in: link.server)
    let words = "10.9.0.2 \(listener.port) -p \(own.port)"
    let answer = try ReachCommand(in: link.client)(words + " --json")
    #expect(try answer.row()["state"] == "unknown")
    #expect(try answer.row()["probe"]["errno"] == "EADDRINUSE")
    #expect(answer.status == 3)
    #expect(try ReachCommand(in: link.client)(words).text.contains("EADDRINUSE"))
  }

  @Test func aSourceAndPortOfOurs() throws {
    let link = try Link()
    let listener = try TestListener(on: .anyV4, in: link.server)
    let answer = try ReachCommand(in: link.client)(
      "10.9.0.2 \(listener.port) -s 10.9.0.1 -p 47910 --json")
    #expect(try answer.row()["probe"]["source"] == "10.9.0.1:47910")
    #expect(answer.status == 0)
  }

  /// Two servers have the same address, on links that have nothing to do with each other.
  @Test func twinsAreToldApart() throws {
    let (first, second) = (try Link(), try Link())
    let listener = try TestListener(on: .anyV4, in: second.server)
    for (link, state, cause) in [
      (first, "closed", "no-listener"), (second, "open", "connected"),
    ] {
      let row = try ReachCommand(in: link.client)("10.9.0.2 \(listener.port) --json").row()
      #expect(row["state"].string == state)
      // In the first one the port is bound elsewhere, which may be said instead.
      #expect(row["cause"].string == cause || row["cause"] == "other-namespace")
      #expect(row["listener"]["known"] == true)
    }
  }
}
