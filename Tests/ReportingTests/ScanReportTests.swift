import Model
import Testing

@testable import Reporting

struct ScanReportTests {
  private static let frame = ScanFrame(
    words: ["10.0.0.1", "1-100", "-oX", "a\"b<c>&d\u{1b}[2J"], version: "1.2", transport: .tcp,
    ports: (UInt16(1)...100).map { Port($0) }, start: (1_700_000_000, "Tue Nov 14 22:13:20 2023"))

  private static func record(_ closed: Int) -> HostRecord {
    var host = HostRecord(address: Sample.server, name: "db1", transport: .tcp)
    for number in 0..<closed {
      host.add(Port(UInt16(1000 + number)), .closed, reason: "evidence", service: nil)
    }
    host.add(Port(22), .open, reason: "syn-ack", service: "ssh", banner: Array("SSH/2, x\r\n".utf8))
    host.add(Port(80), .blocked, reason: "no-response", service: "http")
    return host
  }

  @Test func fewPortsAreListed() {
    let host = Self.record(25)
    #expect(host.extras.isEmpty)
    #expect(host.entries.count == 27)
    #expect(host.entries.map(\.port) == host.entries.map(\.port).sorted())
    #expect(host.entries.first { $0.port == Port(80) }?.state == "filtered")
  }

  @Test func manyPortsAreCounted() {
    let host = Self.record(26)
    #expect(host.extras.map(\.count) == [26])
    #expect(host.entries.map(\.port.number) == [22, 80])
    #expect(host.isUp)
  }

  @Test func aSilentHostIsDown() {
    var host = HostRecord(address: Sample.server, name: nil, transport: .tcp)
    for port in UInt16(1)...100 {
      host.add(Port(port), .filtered, reason: "no-response", service: nil)
    }
    #expect(!host.isUp)
  }

  @Test func grepableAsNmapWritesIt() {
    let text = GrepableText.host(Self.record(30))
    #expect(
      text == """
        Host: 10.77.2.2 (db1)\tStatus: Up
        Host: 10.77.2.2 (db1)\tPorts: 22/open/tcp//ssh//SSH|2  x/, 80/filtered/tcp//http///\t\
        Ignored State: closed (30)

        """)
  }

  @Test func nothingFromOutsideBreaksTheXML() {
    let head = NmapXML.head(Self.frame)
    #expect(head.contains("a&quot;b&lt;c&gt;&amp;d\\x1b[2J"))
    #expect(head.contains("services=\"1-100\""))
    let host = NmapXML.host(Self.record(30), start: 1, end: 2)
    #expect(host.contains("<extraports state=\"closed\" count=\"30\">"))
    #expect(host.contains("portid=\"22\"><state state=\"open\" reason=\"syn-ack\""))
  }

  @Test func secondsAsNmapHasThem() {
    #expect(ScanClock.seconds(.milliseconds(1234)) == "1.23")
    #expect(ScanClock.seconds(.zero) == "0.00")
    #expect(ScanClock.seconds(.seconds(-4)) == "0.00")
  }
}

struct ScanTallyTests {
  private static func add(
    _ tally: inout ScanTally, _ number: UInt16, probe: ProbeOutcome, on address: IPAddress
  ) {
    var evidence = Sample.evidence(probe: probe, port: Port(number))
    evidence.flow.destination = address
    let result = Sample.result(evidence, service: nil)
    tally.add(result, port: Port(number), isSkipped: probe.kind == .skipped) { result }
  }

  private static func text(_ tally: inout ScanTally) -> String {
    tally.text(style: .plain, isVerbose: false, showsReason: false) { _ in "" }
  }

  @Test func whatIsFrequentIsCounted() {
    var tally = ScanTally(showsOnlyOpen: false)
    for port in 1...1000 {
      Self.add(&tally, UInt16(port), probe: .init(kind: .refused), on: Sample.server)
    }
    Self.add(&tally, 2000, probe: ProbeOutcome(kind: .connected), on: Sample.server)
    let text = Self.text(&tally)
    #expect(text.contains("not shown: 1000 refused"))
    #expect(text.contains("2000/tcp"))
    #expect(text.split(separator: "\n").count == 3, "\(text)")
  }

  @Test func tenAreShown() {
    var tally = ScanTally(showsOnlyOpen: false)
    for port in 1...10 {
      Self.add(&tally, UInt16(port), probe: .init(kind: .refused), on: Sample.server)
    }
    #expect(!Self.text(&tally).contains("not shown"))
  }

  /// Each host has one, all together too many.
  @Test func manyHostsAreSummedUp() {
    var tally = ScanTally(showsOnlyOpen: false)
    for number in 1...300 as ClosedRange<UInt32> {
      let address = IPAddress(v4: 0x0a00_0000 + number)
      Self.add(&tally, 22, probe: ProbeOutcome(kind: .timeout), on: address)
      if number == 7 { Self.add(&tally, 23, probe: ProbeOutcome(kind: .connected), on: address) }
    }
    let text = Self.text(&tally)
    #expect(text.contains("not shown: 300 filtered"), "\(text)")
    #expect(text.contains("300 addresses: 1 with open ports, 299 silent"), "\(text)")
    #expect(text.contains("10.0.0.7  23/tcp  OPEN"), "\(text)")
  }
}
