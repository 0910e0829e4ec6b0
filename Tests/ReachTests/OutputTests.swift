import Model
import TestSupport
import Testing

/// What is printed, where it goes, and what happens when nobody takes it.
@Suite(.serialized, .needsRoot, .needs("ip", "nft", "bash"))
struct OutputTests {
  @Test func aThousandClosedPortsAreSummedUp() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let listener = try TestListener(on: .anyV4, port: 4777, in: host)
    // Ports that no other test listens on meanwhile, in a namespace that would be named.
    try withExtendedLifetime(listener) {
      let answer = try ReachCommand(in: host)("127.0.0.1 61001-62000,4777")
      #expect(answer.status == 1)
      #expect(answer.text.contains("not shown: 1000 closed"), "\(answer.text)")
      #expect(answer.text.contains("4777/tcp"), "\(answer.text)")
      #expect(answer.lines.count < 6, "\(answer.text)")
      let json = try ReachCommand(in: host)("127.0.0.1 61001-62000,4777 --json")
      #expect(try json.rows().count == 1001)
      #expect(Set(try json.rows().map { $0["state"] }) == ["closed", "open"])
    }
  }

  @Test func threeMixedPortsAreATable() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let open = try TestListener(on: .anyV4, port: 4777, in: host)
    let blocked = try TestListener(on: .anyV4, port: 4778, in: host)
    try host.loadRuleset(
      "table inet f { chain i { type filter hook input priority 0; tcp dport 4778 drop; }; }")
    let answer = try withExtendedLifetime((open, blocked)) {
      try ReachCommand(in: host)("127.0.0.1 4777-4779 -w 1")
    }
    #expect(answer.status == 1)
    let header = try #require(answer.lines.first)
    for word in ["PORT", "STATE", "SERVICE", "WHY"] { #expect(header.contains(word)) }
    for (port, state) in [("4777/tcp", "OPEN"), ("4778/tcp", "BLOCKED"), ("4779/tcp", "CLOSED")] {
      let line = answer.lines.first { $0.hasPrefix(port) }
      #expect(line?.contains(state) == true, "\(answer.text)")
    }
    // The blocked one is explained below, with its rule.
    #expect(answer.text.contains("tcp dport 4778 drop"))
  }

  @Test func openOnly() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let listener = try TestListener(on: .anyV4, port: 4777, in: host)
    try withExtendedLifetime(listener) {
      let text = try ReachCommand(in: host)("127.0.0.1 4777-4779 --open")
      #expect(text.text.contains("4777/tcp"))
      #expect(!text.text.contains("4778/tcp"))
      #expect(text.text.contains("not shown: 2 closed"))
      #expect(text.status == 1)
      let json = try ReachCommand(in: host)("127.0.0.1 4777-4779 --open --json")
      #expect(try json.rows().map { $0["port"] } == [4777])
      #expect(json.status == 1)
    }
  }

  @Test func jsonLinesHoldOneRowEach() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try ReachCommand(in: host)("127.0.0.1 4777-4779 --json-lines")
    let rows = try answer.documents()
    #expect(Set(rows.map { $0["port"] }) == [4777, 4778, 4779])
    #expect(rows.allSatisfy { $0.has("firewall") && $0.has("suggestion") })
    #expect(answer.status == 1)
    let waiting = try ReachCommand(in: host)("127.0.0.1 4777 --json-lines --wait=1")
    #expect(try waiting.documents().count == 1)
  }

  @Test func classicCommands() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try ReachCommand(in: host)("127.0.0.1 4777 --how")
    #expect(answer.text.contains("by hand"))
    #expect(answer.text.contains("ss "))
    #expect(answer.text.contains("4777"))
  }

  // MARK: Colour

  private func isColoured(
    _ environment: [String: String?], onTerminal: Bool
  ) throws -> Bool {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    var reach = ReachCommand(in: host)
    reach.environment = ["NO_COLOR": nil, "CLICOLOR_FORCE": nil, "TERM": "xterm"]
    for (name, value) in environment { reach.environment[name] = .some(value) }
    reach.onTerminal = onTerminal
    let answer = try reach("127.0.0.1 4777")
    #expect(answer.status == 1)
    #expect(answer.text.contains("CLOSED"), "\(answer.text)\(answer.errorText)")
    return answer.text.contains("\u{1b}[")
  }

  @Test func colourIsForTerminals() throws {
    #expect(try isColoured([:], onTerminal: true))
    #expect(try !isColoured([:], onTerminal: false))
    #expect(try !isColoured(["NO_COLOR": "1"], onTerminal: true))
    #expect(try isColoured(["NO_COLOR": ""], onTerminal: true))
    #expect(try !isColoured(["TERM": "dumb"], onTerminal: true))
    #expect(try isColoured(["CLICOLOR_FORCE": "1"], onTerminal: false))
    #expect(try !isColoured(["CLICOLOR_FORCE": "0"], onTerminal: false))
    #expect(try !isColoured(["CLICOLOR_FORCE": "1", "NO_COLOR": "1"], onTerminal: false))
  }

  // MARK: Nobody takes it

  @Test(arguments: ["", "--json", "--json-lines"])
  func aReaderThatLeavesIsNoError(_ option: String) throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try ReachCommand(in: host).script(
      """
      $reach 127.0.0.1,127.0.0.2,127.0.0.3 1-400 --parallel 16 \(option) | head -c 10
      exit ${PIPESTATUS[0]}
      """)
    #expect(answer.status == 1)
    #expect(answer.errorText.isEmpty)
    #expect(answer.text.utf8.count == 10)
  }

  @Test func aReaderThatNeverWas() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try ReachCommand(in: host).script(
      "$reach 127.0.0.1 4777 --json > >(exec <&-; exit) ; echo $? >&2")
    #expect(answer.errorText == "1\n")
  }

  @Test(arguments: ["", "--json", "--json-lines"])
  func aFullDeviceIsAnError(_ option: String) throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try ReachCommand(in: host).script("$reach 127.0.0.1 4777 \(option) > /dev/full")
    #expect(answer.status == 69)
    #expect(answer.errorText.contains("could not be written: no space left"))
    #expect(answer.errorLines.count == 1)
  }
}
