import Glibc
import Model
import TestSupport
import Testing

/// Without privilege, /proc or a namespace the command still answers, or says what it lacks.
@Suite(.serialized, .needsRoot, .needs("ip", "nft", "setpriv", "unshare"))
struct PrivilegeTests {
  @Test func withoutPrivilegeTheFirewallIsUnknown() throws {
    let link = try Link()
    let listener = try TestListener(on: .anyV4, in: link.server)
    let reach = try UnprivilegedCommand()
    let answer = try reach("10.9.0.2 \(listener.port) --json", in: link.client)
    #expect(answer.status == 0)
    let row = try answer.row()
    #expect(row["state"] == "open")
    #expect(row["firewall"]["known"] == false)
    #expect(row["firewall"]["verdict"] == .null)
    #expect(row["listener"]["known"] == false)
    #expect(answer.errorLines.count == 1)
    #expect(answer.errorText.contains("CAP_NET_ADMIN"))
    #expect(answer.errorText.contains("sudo"))
  }

  @Test func withoutPrivilegeTheProbeAndTheSocketsDecide() throws {
    let link = try Link()
    let reach = try UnprivilegedCommand()
    let remote = try reach("10.9.0.2 4791 --json", in: link.client)
    #expect(try remote.row()["state"] == "refused")
    #expect(try remote.row()["cause"] == "remote-reset")
    #expect(remote.status == 1)
    let own = try reach("127.0.0.1 4791 --json", in: link.client)
    #expect(try own.row()["state"] == "closed")
    #expect(try own.row()["listener"]["known"] == true)
    let silent = try reach("127.0.0.1 4791 --no-firewall", in: link.client)
    #expect(silent.errorText.isEmpty)
    #expect(silent.lines.count < 10)
  }

  @Test func silenceWithoutPrivilegeIsFiltered() throws {
    let link = try Link()
    try link.server.loadRuleset(
      "table inet f { chain i { type filter hook input priority 0; tcp dport 4791 drop; }; }")
    let answer = try UnprivilegedCommand()("10.9.0.2 4791 -w 1 --json", in: link.client)
    #expect(try answer.row()["state"] == "filtered")
    #expect(try answer.row()["cause"] == "no-answer")
    #expect(answer.status == 1)
  }

  @Test func aNamespaceThatMayNotBeEntered() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try UnprivilegedCommand()("127.0.0.1 80 --json --netns \(host.name)")
    #expect(answer.status == 77)
    #expect(try answer.document()["error"]["slug"] == "permission")
    #expect(answer.errorText.contains("sudo"))
    #expect(answer.errorLines.count == 1)
  }

  @Test(arguments: ["reach-no-such-name", "/tmp/reach-no-such-file", "/etc/passwd", "2147483000"])
  func aNamespaceThatIsNone(_ selector: String) throws {
    let answer = try ReachCommand()("127.0.0.1 80 --json --netns \(selector)")
    #expect(answer.status == 69)
    #expect(try answer.document()["error"]["slug"] == "unavailable")
    #expect(try answer.document()["results"] == .array([]))
    #expect(answer.errorLines.count == 1)
    #expect(answer.errorText.contains(selector))
  }

  /// The name is gone when the second round wants to enter it: the first round's rows are kept.
  @Test func aNamespaceThatVanishes() throws {
    let fixture = NamespaceFixture()
    let host = try fixture.addNamespace()
    let answer = try ReachCommand().script(
      """
      $reach 127.0.0.1 4791 --netns \(host.name) --wait=300 --json & pid=$!
      sleep 1
      ip netns delete \(host.name)
      wait $pid
      """)
    #expect(answer.status == 69)
    let document = try answer.document()
    #expect(document["error"]["slug"] == "unavailable")
    #expect(answer.errorText.contains(host.name))
  }

  @Test func checksFromAnotherNamespace() throws {
    let link = try Link()
    let listener = try TestListener(on: .anyV4, in: link.server)
    let words = "10.9.0.2 \(listener.port) --json --netns"
    for selector in [link.client.name, link.client.path] {
      let answer = try ReachCommand()("\(words) \(selector)")
      #expect(answer.status == 0)
      #expect(try answer.row()["probe"]["outcome"] == "connected")
    }
  }

  @Test func answersWithoutProc() throws {
    let link = try Link()
    let listener = try TestListener(on: .anyV4, in: link.server)
    for (place, address) in [(link.client, "10.9.0.2"), (link.server, "127.0.0.1")] {
      let answer = try ReachCommand(in: place).script(
        """
        unshare --mount bash -c 'mount -t tmpfs none /proc
        "$0" \(address) \(listener.port) --json' $reach
        """)
      #expect(answer.status == 0, "\(answer.errorText)")
      #expect(try answer.row()["state"] == "open")
    }
    let text = try ReachCommand(in: link.server).script(
      "unshare --mount bash -c 'mount -t tmpfs none /proc; $0 127.0.0.1 \(listener.port)' $reach")
    #expect(text.lines.count < 10, "\(text.text)")
  }

  @Test func answersWhereProcHidesOthers() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let listener = try TestListener(on: .anyV4, in: host)
    let reach = try UnprivilegedCommand()
    let hiding = "mount -t proc -o hidepid=2 none /proc; "
    let words = UnprivilegedCommand.words.joined(separator: " ")
    let answer = try ReachCommand(in: host).script(
      "unshare --mount --pid --fork bash -c '\(hiding)\(words) \(reach.path) 127.0.0.1 "
        + "\(listener.port) --json'")
    #expect(answer.status == 0, "\(answer.errorText)")
    #expect(try answer.row()["state"] == "open")
    #expect(try answer.row()["listener"]["listening"] == true)
  }
}
