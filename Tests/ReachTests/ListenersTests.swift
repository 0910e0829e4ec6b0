import Model
import TestSupport
import Testing

/// `reach listeners`, run as users do, beside `ss` in the same namespaces.
@Suite struct ListenersTests {
  /// Opens sockets in a namespace, says so, and keeps them until its standard input ends.
  private static let program = """
    import socket, sys
    kept = []
    def tcp(address, port, family=socket.AF_INET, only=None, device=None, backlog=7):
        s = socket.socket(family)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if only is not None: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
        if device: s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
        s.bind((address, port)); s.listen(backlog); kept.append(s)
        return s
    def udp(address, port, peer=None):
        s = socket.socket(type=socket.SOCK_DGRAM)
        s.bind((address, port))
        if peer: s.connect(peer)
        kept.append(s)
    """

  /// A process with sockets, ended with the object.
  private static func sockets(_ lines: String, in place: TestNamespace) throws -> Background {
    let ready = "/tmp/reach-test-ready-\(UInt64.random(in: .min ... .max))"
    let script =
      program + "\n" + lines + "\nopen('\(ready)', 'w').close()\nimport time\ntime.sleep(3000)\n"
    let background = try Background(["python3", "-c", script, "\u{1b}[2Jtail"], in: place)
    _ = try Command([
      "bash", "-c",
      "for i in {1..600}; do [ -e \(ready) ] && exec rm \(ready); sleep 0.05; done; exit 1",
    ]).run(limit: 60)
    return background
  }

  private struct Row: Hashable {
    var words: [String]
  }

  /// `proto state recv-q send-q address port` of every line of ss.
  private static func ss(_ options: String, in place: TestNamespace) throws -> [Row] {
    try place.run("ss -H -n -O -\(options)").split(separator: "\n").map { line in
      let words = line.split(separator: " ").map(String.init)
      var local = words.count > 4 ? words[4] : ""
      let port = String(local.split(separator: ":").last ?? "")
      local = String(local.dropLast(port.count + 1))
      if let device = local.lastIndex(of: "%") { local = String(local[..<device]) }
      local = local.filter { $0 != "[" && $0 != "]" }
      if local == "*" { local = "::" }
      return Row(
        words: [words[0], words[1].lowercased()] + words[2...3] + [local, port])
    }
  }

  private static func rows(_ options: String, in place: TestNamespace) throws -> [Row] {
    try ReachCommand(in: place)("listeners --json --no-firewall " + options).document()["sockets"]
      .elements.map { socket in
        let isListener = socket["state"] == "listen"
        let numbers = [socket["queue"], isListener ? socket["backlog"] : socket["sendQueue"]]
        return Row(
          words: [
            socket["protocol"].string ?? "", socket["state"].string ?? "",
          ] + numbers.map(Self.number) + [socket["address"].string ?? "", number(socket["port"])])
      }
  }

  private static func number(_ value: Document) -> String {
    guard case .number(let number) = value else { return "" }
    return String(Int(number))
  }

  private static func sorted(_ rows: [Row]) -> [[String]] {
    rows.map(\.words).sorted { $0.joined(separator: " ") < $1.joined(separator: " ") }
  }

  @Test(.needsRoot, .needs("ip", "ss", "python3")) func theSocketsAreThoseOfSs() throws {
    let link = try Link()
    let background = try Self.sockets(
      """
      for port in range(20000, 20200): tcp('0.0.0.0', port)
      tcp('127.0.0.1', 80); tcp('::', 81, socket.AF_INET6, 0); tcp('::', 82, socket.AF_INET6, 1)
      tcp('0.0.0.0', 83, device=b'eth0'); udp('0.0.0.0', 53); udp('10.9.0.2', 123)
      udp('10.9.0.2', 5000, ('10.9.0.1', 9))
      s = tcp('10.9.0.2', 84)
      c = socket.create_connection(('10.9.0.2', 84)); kept.append(c); c.send(b'four')
      d = socket.create_connection(('10.9.0.2', 84)); e = s.accept()
      s.accept()[0].close(); d.close()
      """, in: link.server)
    try withExtendedLifetime(background) {
      for (words, options) in [("", "tul"), ("--all", "tua"), ("-6", "tul6")] {
        var both: (ours: [[String]], theirs: [[String]]) = ([], [])
        // A connection that waits for its end may reach it between the two.
        for _ in 0..<5 where both.ours.isEmpty || both.ours != both.theirs {
          both.ours = Self.sorted(try Self.rows(words, in: link.server))
          both.theirs = Self.sorted(try Self.ss(options, in: link.server))
        }
        #expect(both.ours == both.theirs, "\(words)")
        #expect(both.ours.count >= 2)
      }
      let pids = try link.server.run("ss -H -n -tlp sport = :80")
      let socket = try ReachCommand(in: link.server)("listeners 80 --json").document()["sockets"]
        .elements.first
      #expect(pids.contains("pid=\(Self.number(socket?["pid"] ?? .null)),"), "\(pids)")
      #expect(socket?["commandLine"].string?.contains("\u{1b}[2Jtail") == true)
      let table = try ReachCommand(in: link.server)("listeners 80 --wide")
      #expect(table.text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
      #expect(table.text.contains("\\x1b[2Jtail"))
      for socket in try ReachCommand(in: link.server)("listeners 81-83 --json").document()[
        "sockets"
      ].elements {
        #expect(socket["v6only"] == .flag(socket["port"] == 82))
        #expect(socket["device"] == (socket["port"] == 83 ? "eth0" : .null))
      }
    }
  }

  @Test(.needsRoot, .needs("ip", "nft", "python3")) func theFirewallSaysFromWhere() throws {
    let link = try Link()
    try link.server.ip("route add default via 10.9.0.1")
    try link.server.loadRuleset(
      """
      table inet f {
        chain in {
          type filter hook input priority 0; policy drop;
          iif lo tcp dport != 9 accept
          tcp dport 6000-6099 drop
          ip saddr 10.9.0.0/24 tcp dport { 22, 80 } accept
          tcp dport 443 accept
          tcp dport 5000 limit rate 5/second accept
          tcp dport 7000 accept
        }
        chain out {
          type filter hook output priority 0;
          tcp sport 7000 oif != lo drop
        }
      }
      """)
    let background = try Self.sockets(
      """
      for port in (9, 22, 443, 5000, 7000): tcp('0.0.0.0', port)
      for port in range(6000, 6100): tcp('0.0.0.0', port)
      tcp('127.0.0.1', 80); tcp('0.0.0.0', 8080, device=b'lo')
      """, in: link.server)
    try withExtendedLifetime(background) {
      let sockets = try ReachCommand(in: link.server)("listeners --json").document()["sockets"]
        .elements
      func of(_ port: Int) -> Document {
        sockets.first { $0["port"] == .number(Double(port)) } ?? .null
      }
      let expected: [(Int, Document)] = [
        (9, "nobody"), (22, "local"), (80, "here"), (443, "anywhere"), (5000, "anywhere"),
        (7000, "here"), (6050, "here"), (8080, "here"),
      ]
      for (port, scope) in expected { #expect(of(port)["reachableFrom"] == scope, "\(port)") }
      #expect(of(22)["reachableBy"] == .array(["eth0"]))
      #expect(of(22)["limitedBy"]["policy"] == true)
      #expect(of(80)["limit"] == "bound to 127.0.0.1")
      #expect(of(8080)["limit"] == "bound to lo")
      #expect(of(443)["limit"] == .null)
      #expect(of(5000)["conditional"] == true)
      #expect(of(6050)["limitedBy"]["rule"] == "tcp dport 6000-6099 drop")
      #expect(of(7000)["limitedBy"]["direction"] == "reply")
      // What a check says of strangers is the same.
      for port in [22, 443, 6050, 7000] {
        let rows = try ReachCommand(in: link.server)(
          "10.9.0.2 \(port) --no-probe --from outside --json"
        )
        .document()["results"].elements
        let isOpen = rows.contains { $0["state"] == "open" }
        #expect(isOpen == (of(port)["reachableBy"].elements.isEmpty == false), "\(port)")
      }
      let text = try ReachCommand(in: link.server)("listeners 22 --wide").text
      #expect(text.contains("local networks (eth0)"))
      #expect(text.contains("inet f in: policy drop"))
    }
  }

  @Test(.needsRoot, .needs("ip", "python3")) func filtersAndNamespacesNarrowIt() throws {
    let link = try Link()
    let here = try Self.sockets("tcp('0.0.0.0', 4000); udp('10.9.0.2', 4000)", in: link.server)
    let there = try Self.sockets("tcp('0.0.0.0', 4001)", in: link.client)
    try withExtendedLifetime((here, there)) {
      func count(_ words: String) throws -> Int {
        try ReachCommand(in: link.server)("listeners --no-firewall --json " + words)
          .document()["sockets"].elements.count
      }
      #expect(try count("") == 2)
      #expect(try count("-t") == 1)
      #expect(try count("-tulnp4") == 2)
      #expect(try count("--address 10.9.0.0/24") == 1)
      #expect(try count("--address 0.0.0.0") == 1)
      #expect(try count("--user root") == 2)
      #expect(try count("--user nobody") == 0)
      #expect(try count("--pid 1") == 0)
      #expect(try count("--unit no-such") == 0)
      #expect(try count("--state listen") == 1)
      #expect(try count("--state estab,unconn") == 1)
      #expect(try count("--netns \(link.client.name)") == 1)
      let all = try ReachCommand(in: link.server)(
        "listeners 4000-4001 --all-namespaces --json-lines"
      )
      .documents()
      let place = all.first { $0["port"] == 4001 && $0["namespace"] == .text(link.client.name) }
      #expect(place != nil, "\(all)")
      #expect(try ReachCommand(in: link.server)("listeners 4999").status == 1)
      #expect(try ReachCommand(in: link.server)("listeners 4000").status == 0)
    }
  }

  @Test(.needsRoot, .needs("ip", "python3", "timeout")) func watchingShowsWhatComesAndGoes() throws
  {
    let link = try Link()
    let kept = try Self.sockets("tcp('0.0.0.0', 4000)", in: link.server)
    let answer = try withExtendedLifetime(kept) {
      try ReachCommand(in: link.server).script(
        """
        coproc $reach listeners --watch --no-firewall --json-lines
        read -r line <&"${COPROC[0]}"; echo "$line"
        python3 -c 'import socket, time
        s = socket.socket(); s.bind(("0.0.0.0", 4001)); s.listen(); time.sleep(3000)' &
        other=$!
        read -r line <&"${COPROC[0]}"; echo "$line"
        kill -KILL $other
        read -r line <&"${COPROC[0]}"; echo "$line"
        kill -INT $COPROC_PID
        """, limit: 120)
    }
    let events = try answer.documents()
    #expect(events.map { $0["event"] } == ["present", "opened", "closed"])
    #expect(events.map { $0["port"] } == [4000, 4001, 4001])
  }

  @Test(.needsRoot, .needs("ip", "python3", "setpriv")) func ordinaryUsersAreToldWhatIsMissing()
    throws
  {
    let link = try Link()
    let background = try Self.sockets("tcp('0.0.0.0', 4000)", in: link.server)
    try withExtendedLifetime(background) {
      let answer = try UnprivilegedCommand()("listeners --json", in: link.server)
      #expect(answer.status == 0)
      #expect(answer.errorLines.count == 1, "\(answer.errorText)")
      #expect(answer.errorText.contains("the processes of other users, the firewall"))
      let socket = try answer.document()["sockets"].elements.first
      #expect(socket?["pid"] == .null)
      #expect(socket?["reachableFrom"] == .null)
    }
  }

  @Test(arguments: [
    "--state bogus", "--address x", "--netns a --all-namespaces", "--watch --json", "99999",
    "--pid x",
  ])
  func wrongWordsAreNamed(words: String) throws {
    let answer = try ReachCommand()("listeners " + words)
    #expect(answer.status == 64)
    #expect(answer.text.isEmpty || words.contains("--json"))
    #expect(answer.errorText.contains("usage: reach listeners") || words == "99999")
  }
}
