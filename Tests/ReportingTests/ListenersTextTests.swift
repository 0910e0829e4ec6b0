import Model
import Testing

@testable import Reporting

/// The table of sockets.
@Suite struct ListenersTextTests {
  static func record(_ commandLine: String? = nil, _ limit: Reachability.Limit? = nil)
    -> SocketRecord
  {
    SocketRecord(
      listener: Sample.nginx, state: .listening, holders: [812, 813],
      process: ProcessFacts(pid: 812, command: "nginx", commandLine: commandLine, started: 1000),
      reachability: Reachability(scope: .local, interfaces: ["s0"], limit: limit))
  }

  static func text(
    _ records: [SocketRecord], width: Int? = nil, isWide: Bool = false
  ) -> [String] {
    let table = ListenersText(
      style: Style(width: width), isWide: isWide, showsStates: false, now: 1000 + 7200
    ) { Sample.describe($1) }
    return table.text(of: records).split(separator: "\n").map(String.init)
  }

  @Test func everyColumnThatSaysSomethingIsThere() {
    let limit = Reachability.Limit.firewall(
      FirewallConclusion(verdict: .drop, decidedBy: Sample.drop))
    let lines = Self.text([Self.record("nginx -g daemon", limit)])
    #expect(lines.count == 2)
    for title in ["PROTO", "ADDRESS", "PID", "COMMAND", "USER", "UNIT", "SINCE", "QUEUE"] {
      #expect(lines.first?.contains(title) == true, "\(title)")
    }
    #expect(lines.first?.contains("CONTAINER") == false)
    for cell in [
      "0.0.0.0:8080", "812 +1", "nginx -g daemon", "2h", "0/511", "local networks (s0)",
      "inet filter services handle 12: tcp dport 8080 drop",
    ] {
      #expect(lines.last?.contains(cell) == true, "\(cell)")
    }
  }

  @Test func commandLinesAreCutToTheTerminalAndEscaped() {
    let long = String(repeating: "x", count: 500) + "\u{1b}[2J"
    let narrow = Self.text([Self.record(long)], width: 120)
    #expect(narrow.allSatisfy { $0.count <= 120 }, "\(narrow)")
    #expect(narrow.last?.contains("...") == true)
    let wide = Self.text([Self.record(long)], width: 120, isWide: true)
    #expect(wide.last?.contains("xxx\\x1b[2J") == true)
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"),
      (951_782_400, "2000-02-29T00:00:00Z"), (4_102_444_799, "2099-12-31T23:59:59Z"),
      (-5, "1970-01-01T00:00:00Z"), (.max, "9999-12-31T23:59:59Z"),
    ] as [(Int64, String)])
  func timesAreThoseOfTheCalendar(seconds: Int64, text: String) {
    #expect(UTCTime(seconds: seconds).description == text)
  }
}
