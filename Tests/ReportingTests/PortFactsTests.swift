import Model
import Reporting
import Testing

/// What is told of a port, from facts made up here.
@Suite struct PortFactsTests {
  static func report(
    _ port: UInt16, sockets: [Listener]? = [], reserved: [ClosedRange<UInt16>] = [],
    place: String = ""
  ) -> PortReport {
    var settings = KernelSettings()
    settings.reservedPorts = reserved
    let facts = PortFacts(port: Port(port), sockets: sockets)
    return PortReport(ports: [facts], settings: settings, place: place)
  }

  static func text(_ report: PortReport, width: Int? = nil) -> String {
    PortFactsText(style: Style(width: width)).text(of: report)
  }

  static func listener(
    _ port: UInt16, _ transport: TransportProtocol = .tcp, peer: Endpoint? = nil
  ) -> Listener {
    Listener(
      transport: transport, address: .anyV4, port: Port(port), peer: peer, inode: 1,
      program: Program(pid: 7, command: "sleepy\u{1b}[31m"))
  }

  @Test func classesAreThoseOfTheRFC() {
    let ends: [(UInt16, PortFacts.Range)] = [
      (0, .reserved), (1, .wellKnown), (1023, .wellKnown), (1024, .registered),
      (49151, .registered), (49152, .dynamic), (65535, .dynamic),
    ]
    for (number, range) in ends { #expect(PortFacts.Range(Port(number)) == range, "\(number)") }
  }

  @Test func listenersWithinTheEphemeralRangeAreInDanger() {
    let text = Self.text(Self.report(40000, sockets: [Self.listener(40000)]))
    #expect(text.contains("warning    while sleepy\\x1b[31m is not running, an outgoing"))
    #expect(text.contains("try        sysctl -w net.ipv4.ip_local_reserved_ports=40000\n"))
    #expect(!text.unicodeScalars.contains("\u{1b}"))
  }

  @Test func reservationsThatThereAreStay() {
    let report = Self.report(
      40000, sockets: [Self.listener(40000)], reserved: [8080...8080, 41000...41010],
      place: "ip netns exec web ")
    #expect(
      Self.text(report).contains(
        "ip netns exec web sysctl -w net.ipv4.ip_local_reserved_ports=8080,41000-41010,40000\n"))
  }

  @Test func othersAreNotInDanger() {
    let peer = Endpoint(.anyV4, port: Port(53))
    let safe = [
      Self.report(8080, sockets: [Self.listener(8080)]),
      Self.report(40000, sockets: [Self.listener(40000)], reserved: [39999...40001]),
      Self.report(40000, sockets: [Self.listener(40000, .udp, peer: peer)]),
      Self.report(40000), Self.report(40000, sockets: nil),
    ]
    for report in safe { #expect(!Self.text(report).contains("warning")) }
    #expect(Self.text(safe[1]).contains("spared by net.ipv4.ip_local_reserved_ports"))
    #expect(Self.text(safe[4]).contains("in use     not known"))
  }

  @Test func portZeroIsExplained() {
    let text = Self.text(Self.report(0))
    #expect(text.contains("any free port"))
    #expect(text.contains("32768-60999"))
    #expect(!text.contains("CAP_NET_BIND_SERVICE"))
  }

  @Test func linesKeepToTheWidth() {
    for width in [60, 80, 100] {
      for number: UInt16 in [0, 22, 40000] {
        for line in Self.text(Self.report(number), width: width).split(separator: "\n") {
          #expect(line.count <= width, "\(line)")
        }
      }
    }
  }

  @Test func manyPortsBecomeATable() {
    var report = Self.report(40000, sockets: [Self.listener(40000)])
    let ssh = Service(name: "ssh", port: Port(22), transport: .tcp)
    report.ports += [PortFacts(port: Port(22), services: [ssh], sockets: [])]
    report.ports += (1000..<1009).map { PortFacts(port: Port($0), sockets: []) }
    let lines = Self.text(report).split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines[1].hasPrefix("40000  -        registered  anybody  may"))
    #expect(lines[2] == "22     ssh/tcp  well-known  root     -         -")
    #expect(lines[3] == "not shown: 9 that have no name and are not in use")
    #expect(lines[4].contains("can take 40000"))
  }
}
