import Model
import TestSupport
import Testing

/// `reach port`, run as users do.
@Suite struct PortTests {
  @Test func namesClassAndSettingsAreTold() throws {
    let document = try ReachCommand()("port 22 http 50000 --json").document()
    #expect(document["schema"] == "reach/port/1")
    let ports = document["ports"].elements
    #expect(ports.map { $0["port"] } == [22, 80, 50000])
    #expect(ports.map { $0["class"] } == ["well-known", "well-known", "dynamic"])
    let services = ports.map { $0["services"].elements.map { $0["name"] } }
    #expect(services.first?.contains("ssh") == true)
    #expect(services.last?.isEmpty == true)
    #expect(document["settings"]["ephemeral"].has("first"))
  }

  @Test func portZeroIsOneHere() throws {
    let answer = try ReachCommand()("port 0")
    #expect(answer.status == 0)
    #expect(answer.text.contains("any free port"))
    #expect(try ReachCommand()("port 0-2 --json").document()["ports"].elements.count == 3)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var words: [String]
    var says: String
    var testDescription: String { words.joined(separator: " ").debugDescription }
  }

  static let wrong: [Case] = [
    Case(words: [], says: "no port is given"),
    Case(words: ["70000"], says: "70000 is not a port"),
    Case(words: ["0-70000"], says: "not a port"),
    Case(words: ["90-80"], says: "ends before it starts"),
    Case(words: ["80,,22"], says: "a port is missing in \"80,,22\""),
    Case(words: ["shh"], says: "did you mean ssh?"),
    Case(words: ["x\u{1b}[31m"], says: "\\x1b"),
    Case(words: ["80", "--bogus"], says: "Unknown option '--bogus'"),
  ]

  @Test(arguments: wrong) func wrongWordsAreNamed(_ test: Case) throws {
    let answer = try ReachCommand()(["port"] + test.words)
    #expect(answer.status == 64)
    #expect(answer.text.isEmpty)
    #expect(answer.errorText.contains(test.says), "\(answer.errorText)")
    #expect(answer.errorText.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
    let document = try ReachCommand()(["port"] + test.words + ["--json"]).document()
    #expect(document["schema"] == "reach/port/1")
    #expect(document["error"]["slug"] == "usage")
  }

  @Test func absentNamespacesAreNamed() throws {
    let answer = try ReachCommand()("port 80 --netns no-such-namespace --json")
    #expect(answer.status == 69)
    #expect(try answer.document()["error"]["slug"] == "unavailable")
  }

  @Test(.needsRoot, .needs("ip")) func listenersAndSettingsAreThoseOfTheNamespace() throws {
    let fixture = NamespaceFixture()
    let place = try fixture.addNamespace()
    try place.sysctl("net.ipv4.ip_local_port_range", "30000 30999")
    try place.sysctl("net.ipv4.ip_local_reserved_ports", "30500")
    try place.sysctl("net.ipv4.ip_unprivileged_port_start", "80")
    let taken = try TestListener(on: .anyV4, port: 30100, in: place)
    let spared = try TestListener(on: .anyV4, port: 30500, in: place)
    let document = try ReachCommand()(
      "port 79 80 \(taken.port) \(spared.port) 40000 --json --netns \(place.name)"
    ).document()
    let ports = document["ports"].elements
    #expect(ports.map { $0["privileged"] } == [true, false, false, false, false])
    #expect(ports.map { $0["ephemeral"] } == [false, false, true, true, false])
    #expect(ports.map { $0["reserved"] } == [false, false, false, true, false])
    #expect(ports.map { $0["sockets"].elements.count } == [0, 0, 1, 1, 0])
    #expect(ports.map { $0["canBeTaken"] } == [false, false, true, false, false])
    #expect(
      ports[2]["suggestion"].string
        == "ip netns exec \(place.name) sysctl -w net.ipv4.ip_local_reserved_ports=30500,30100")
    let text = try ReachCommand(in: place)("port 30100").text
    #expect(text.contains("warning    while "))
    #expect(text.contains("tcp 0.0.0.0:30100"))
  }

  @Test(.needsRoot, .needs("ip", "nc", "python3")) func connectionsThatTookThePortAreNamed() throws
  {
    let link = try Link()
    let server = try TestListener(on: .anyV4, port: 9000, in: link.server)
    let client = try Background(
      [
        "python3", "-c",
        "import socket, time; s = socket.create_connection(('10.9.0.2', 9000), "
          + "source_address=('10.9.0.1', 51820)); time.sleep(3000)",
      ], in: link.client)
    try withExtendedLifetime((server, client)) {
      var facts = Document.null
      for _ in 0..<600 where facts["connections"].elements.isEmpty {
        facts =
          try ReachCommand(in: link.client)("port 51820 --json").document()["ports"]
          .elements.first ?? .null
      }
      #expect(facts["connections"].elements.first?["peer"] == "10.9.0.2:9000")
      #expect(facts["sockets"].elements.isEmpty)
      let text = try ReachCommand(in: link.client)("port 51820").text
      #expect(text.contains("taken      tcp 10.9.0.1:51820"), "\(text)")
      // WireGuard's usual port lies in the kernel's usual range.
      #expect(facts["usual"] == .array(["wireguard"]))
      #expect(facts["canBeTaken"] == true)
      // A service's own connections are not outgoing ones.
      let served = try ReachCommand(in: link.server)("port 9000 --json").document()["ports"]
      #expect(served.elements.first?["connections"].elements.isEmpty == true)
    }
  }

  @Test(.needsRoot, .needs("ip")) func allPortsTakeOnePass() throws {
    let fixture = NamespaceFixture()
    let place = try fixture.addNamespace()
    let listener = try TestListener(.udp, on: .anyV6, port: 777, in: place)
    let answer = try ReachCommand(in: place)("port all")
    #expect(answer.status == 0)
    #expect(answer.lines.contains { $0.hasPrefix("\(listener.port) ") })
    #expect(answer.lines.last?.hasPrefix("not shown: ") == true)
  }
}
