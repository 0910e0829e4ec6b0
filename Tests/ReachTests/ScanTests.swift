import Model
import TestSupport
import Testing

/// Many ports and many hosts.
@Suite(.serialized, .needsRoot, .needs("ip", "nft", "bash", "prlimit"))
struct ScanTests {
  private static let open: [UInt16] = [22, 4777, 9999]

  /// A server that drops all but a few open ports.
  private func silentServer() throws -> (link: Link, listeners: [TestListener]) {
    let link = try Link()
    let listeners = try Self.open.map { try TestListener(on: .anyV4, port: $0, in: link.server) }
    try link.server.loadRuleset(
      """
      table inet f {
        chain i {
          type filter hook input priority 0; policy drop;
          tcp dport { 22, 4777, 9999 } accept
        }
      }
      """)
    return (link, listeners)
  }

  @Test func evidenceAnswersForASilentHost() throws {
    let (link, listeners) = try silentServer()
    let answer = try withExtendedLifetime(listeners) {
      // Other tests' namespaces have the same addresses: who answers on the link tells them apart.
      _ = try ReachCommand(in: link.client)("10.9.0.2 22")
      return try ReachCommand(in: link.client)("10.9.0.2 1-10000 --json")
    }
    let rows = try answer.rows()
    #expect(rows.count == 10000)
    #expect(rows.map { $0["port"] } == (1...10000).map { Document.number(Double($0)) })
    #expect(rows.filter { $0["state"] == "open" }.map { $0["port"] } == [22, 4777, 9999])
    let filtered = rows.filter { $0["state"] == "filtered" }
    #expect(filtered.count == 9997)
    #expect(filtered.allSatisfy { $0["probe"]["outcome"] == "skipped" })
    #expect(filtered.allSatisfy { $0["cause"] == "firewall-drop" })
    #expect(rows.filter { $0["probe"]["outcome"] == "connected" }.count == 3)
  }

  @Test func probesFindEveryOpenPortAmongTheDropped() throws {
    let (link, listeners) = try silentServer()
    // One packet in a hundred is lost on the way, in each direction.
    try link.client.loadRuleset(
      """
      table inet loss {
        chain o { type filter hook output priority 0; numgen random mod 100 == 0 drop; }
        chain i { type filter hook input priority 0; numgen random mod 100 == 0 drop; }
      }
      """)
    for _ in 1...3 {
      let answer = try withExtendedLifetime(listeners) {
        try ReachCommand(in: link.client)(
          "10.9.0.2 1-12000 --probe-all --no-firewall --open --json")
      }
      #expect(try answer.rows().map { $0["port"] } == [22, 4777, 9999])
      #expect(answer.status == 1)
    }
  }

  @Test func aLowLimitOnFilesIsSaidAndChangesNothing() throws {
    let (link, listeners) = try silentServer()
    let reach = ReachCommand(in: link.client, prefix: ["prlimit", "--nofile=64:64"])
    let answer = try withExtendedLifetime(listeners) {
      try reach("10.9.0.2 1-200 --probe-all --no-firewall --json")
    }
    #expect(answer.errorText.contains("at a time"), "\(answer.errorText)")
    let rows = try answer.rows()
    #expect(rows.count == 200)
    #expect(rows.filter { $0["state"] == "open" }.map { $0["port"] } == [22])
    #expect(rows.filter { $0["state"] == "filtered" }.count == 199)
  }

  /// A socket on loopback can connect to itself, and then nothing listens.
  @Test func noPortIsOpenToItself() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    try host.sysctl("net.ipv4.ip_local_port_range", "40000 40099")
    for _ in 1...5 {
      let answer = try ReachCommand(in: host)("127.0.0.1 40000-40099 --probe-all --json")
      let states = Set(try answer.rows().map { $0["state"] })
      #expect(states.isSubset(of: ["closed", "unknown"]), "\(states)")
      #expect(states.contains("closed"))
    }
  }

  @Test func thousandsOfHostsNeedLittleMemory() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let listener = try TestListener(on: .anyV4, port: 47, in: host)
    // 200 MB of address space would not do for the program itself: what it really uses counts.
    let answer = try withExtendedLifetime(listener) {
      try ReachCommand(in: host).script(
        """
        python3 - "$reach" <<'END'
        import resource, subprocess, sys
        words = [sys.argv[1], "127.0.0.0/20", "1-60", "--json-lines"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE)
        lines = opens = 0
        for line in process.stdout:
          lines += 1
          opens += b'"state":"open"' in line
        process.wait()
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(lines, opens, peak)
        END
        """)
    }
    let numbers = answer.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    try #require(numbers.count == 3, "\(answer.text)\(answer.errorText)")
    #expect(numbers[0] == 4096 * 60)
    // Nobody accepts: the queue has room for a few, and the rest find it full.
    #expect(numbers[1] > 0)
    #expect(numbers[2] < 200)
  }

  @Test func hostsThatAreSwallowed() throws {
    let link = try Link()
    try link.client.ip("route add blackhole 10.240.0.0/20")
    let answer = try ReachCommand(in: link.client)("10.240.0.0/20 22,80 --open")
    #expect(answer.status == 1)
    #expect(answer.text.contains("4096 addresses: 0 with open ports"), "\(answer.text)")
  }

  @Test func hostsOfAFileAndHostsLeftOut() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try ReachCommand(in: host).script(
      """
      printf '# all of them\\n127.0.0.1 127.0.0.2 # two\\n\\n127.1.0.0/29\\r\\n' |
        $reach --hosts-from - 22 --exclude 127.1.0.0/30,127.0.0.2 --from here --json
      """)
    let addresses = try answer.rows().map { $0["address"] }
    #expect(
      addresses == ["127.0.0.1", "127.1.0.4", "127.1.0.5", "127.1.0.6", "127.1.0.7"])
    let nobody = try ReachCommand(in: host)("127.0.0.1 22 --exclude 127.0.0.0/8")
    #expect(nobody.status == 64)
    let missing = try ReachCommand(in: host)("22 -iL /nonexistent/hosts")
    #expect(missing.status == 69)
  }

  @Test func aClosedPipeEndsIt() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try ReachCommand(in: host).script(
      "$reach 127.0.0.0/22 1-1000 --json-lines | head -1 | wc -l")
    #expect(answer.text.contains("1"))
    #expect(answer.errorText.isEmpty, "\(answer.errorText)")
  }

  @Test func theProgressIsWipedOut() throws {
    let (link, listeners) = try silentServer()
    var reach = ReachCommand(in: link.client)
    reach.environment["TERM"] = "xterm"
    reach.onTerminal = true
    // 200 ports of a silent host take longer than a second.
    let script = "$reach 10.9.0.2 100-300 --probe-all --no-firewall --open 2>&1"
    let shown = try withExtendedLifetime(listeners) { try reach.script(script) }
    #expect(shown.text.contains(" of 201, "), "\(shown.text)")
    #expect(shown.text.contains("\r\u{1b}[Knot shown"), "\(shown.text)")
    reach.environment["TERM"] = "dumb"
    let dumb = try withExtendedLifetime(listeners) { try reach.script(script) }
    #expect(!dumb.text.contains(" of 201, "), "\(dumb.text)")
  }
}

/// What other programs make of the reports.
@Suite(.serialized, .needsRoot, .needs("ip", "bash", "ndiff", "xmllint", "/usr/bin/python3"))
struct ScanFormatTests {
  @Test func nmapsReadersReadTheXML() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let listener = try TestListener(on: .anyV4, port: 80, in: host)
    let reach = ReachCommand(in: host)
    let answer = try withExtendedLifetime(listener) {
      try reach.script(
        """
        d=$(mktemp -d) && trap 'rm -rf "$d"' EXIT
        $reach 127.0.0.1,127.0.0.2 1-500 -oX "$d/a.xml" >/dev/null
        $reach 127.0.0.1,127.0.0.2 1-500 -oX - > "$d/b.xml"
        $reach 127.0.0.1,127.0.0.2 1-79 -oX "$d/c.xml" >/dev/null
        xmllint --noout "$d/a.xml" && echo well-formed
        ndiff "$d/a.xml" "$d/b.xml" >/dev/null; echo same $?
        ndiff "$d/b.xml" "$d/c.xml" | grep -c 80/tcp
        /usr/bin/python3 - "$d/a.xml" <<'END'
        import sys
        from libnmap.parser import NmapParser
        report = NmapParser.parse_fromfile(sys.argv[1])
        for host in report.hosts:
          print(host.address, host.status, host.get_open_ports(), host.get_service(80).service)
        print(report.hosts_total, report.endtime >= report.started > 0)
        END
        """)
    }
    #expect(
      answer.text == """
        well-formed
        same 0
        2
        127.0.0.1 up [(80, 'tcp')] http
        127.0.0.2 up [(80, 'tcp')] http
        2 True

        """, "\(answer.errorText)")
  }

  @Test func aReportThatCanNotBeWrittenIsSaid() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try ReachCommand(in: host)("127.0.0.1 22 -oX /nonexistent/a.xml")
    #expect(answer.status == 69)
    #expect(answer.errorText.contains("/nonexistent/a.xml"))
    let full = try ReachCommand(in: host)("127.0.0.1 22 -oG /dev/full")
    #expect(full.status == 69, "\(full.errorText)")
  }

  @Test func grepableTextOnStandardOutput() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let answer = try ReachCommand(in: host)("127.0.0.1 22,80 -oG -")
    #expect(answer.status == 1)
    let ports = "Host: 127.0.0.1 ()\tPorts: 22/closed/tcp//ssh///, 80/closed/tcp//http///"
    #expect(answer.lines.contains { $0 == ports }, "\(answer.text)")
  }
}
