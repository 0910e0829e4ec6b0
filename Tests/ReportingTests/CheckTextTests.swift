import Diagnosis
import Model
import TestSupport
import Testing

@testable import Reporting

@Suite struct CheckTextTests {
  private func text(_ results: [CheckResult], style: Style = .plain) -> String {
    CheckText(style: style, describe: Sample.describe).text(
      of: CheckReport(target: "db1", results: results))
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var results: [CheckResult]
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "open", results: [Sample.open]), Case(name: "blocked", results: [Sample.blocked]),
    Case(name: "rejected", results: [Sample.rejected]),
    Case(name: "closed", results: [Sample.closed]),
    Case(name: "prohibited", results: [Sample.prohibited]),
    Case(name: "silent", results: [Sample.silent]),
    Case(name: "conditional", results: [Sample.conditional]),
    Case(name: "outside", results: [Sample.open, Sample.outside]),
  ]

  @Test(arguments: cases) func onePortFitsTenLines(_ example: Case) throws {
    let text = text(example.results)
    #expect(text.split(separator: "\n").count < 10)
    try expectGolden(text, "text-\(example.name).txt")
  }

  @Test func severalPortsAreATable() throws {
    try expectGolden(text(Sample.scan), "table.txt")
  }

  @Test func originsGetAColumnWhereTheyDiffer() throws {
    try expectGolden(text([Sample.open, Sample.blocked, Sample.outside]), "table-origins.txt")
  }

  @Test func nothingFromOutsideSteersTheTerminal() {
    for example in Self.cases {
      let hidden = text(example.results).unicodeScalars.filter {
        ($0.value < 0x20 && $0 != "\n") || $0.value == 0x7f || $0.value == 0x202e
      }
      #expect(hidden.isEmpty, "\(example.name)")
    }
  }

  @Test func colourOnlyWhenTold() {
    let escape = "\u{1b}[31mBLOCKED\u{1b}[0m"
    #expect(text([Sample.blocked], style: Style(hasColour: true)).contains(escape))
    #expect(!text([Sample.blocked]).contains("\u{1b}"))
  }

  @Test func onlyOpenPortsOnRequest() {
    let table = PortTable(style: .plain, showsOnlyOpen: true).text(of: Sample.scan)
    #expect(table.contains("8080/tcp"))
    #expect(!table.contains("9443/tcp"))
    #expect(table.contains("not shown: 30 closed, 1 blocked"))
  }

  @Test func theTableFitsTheTerminal() {
    let table = PortTable(style: Style(width: 60)).text(of: Sample.scan)
    #expect(table.split(separator: "\n").allSatisfy { $0.count <= 60 })
  }

  @Test func aFailureIsSaid() {
    let report = CheckReport(
      target: "x", results: [], failure: ReportFailure(slug: "usage", message: "no such\u{1b} host")
    )
    #expect(
      CheckText(style: .plain, describe: Sample.describe).text(of: report)
        == "error: no such\\x1b host\n")
  }

  @Test func portsAreListedInRuns() {
    #expect(PortRanges.text([80, 22, 81, 82, 65535, 80].map { Port($0) }) == "22, 80-82, 65535")
    #expect(PortRanges.text([]) == "")
  }
}

@Suite struct TraceTextTests {
  private let query = PacketQuery(
    transport: .tcp, source: Endpoint(Sample.client, port: Port(40000)),
    destination: Endpoint(Sample.server, port: Sample.port), inputInterface: "s0")

  private func step(
    _ verdict: TraceStep.Verdict, handle: UInt64, table: String = "filter", chain: String = "input",
    path: [String]? = nil
  ) -> TraceStep {
    TraceStep(
      hook: .input, family: .inet, table: table, chain: chain, handle: handle, verdict: verdict,
      path: path ?? [chain], rule: Rule(handle: handle, expressions: []))
  }

  @Test func anAcceptThatIsNotTheLastWordIsPointedOut() throws {
    var late = Sample.drop
    late.table = "late"
    late.path = ["input"]
    late.chain = "input"
    var trace = Sample.trace(.drop, by: late)
    trace.steps = [
      step(.jump, handle: 4),
      step(
        .accept, handle: 9, chain: "services",
        path: ["input", "services"]), late,
    ]
    try expectGolden(
      TraceText(style: .plain, describe: Sample.describe).text(of: trace, for: query),
      "trace-not-final.txt")
  }

  @Test func translationAndForwardingAreShown() throws {
    var trace = Sample.trace(.accept)
    trace.delivery = Delivery(
      destination: .forward, address: Sample.address("172.30.0.2"), port: Port(80),
      interface: "br0")
    trace.steps = [step(.dnat, handle: 5, table: "nat", chain: "pre")]
    trace.assumptions = ["chains of one priority run in reverse order of the listing"]
    try expectGolden(
      TraceText(style: .plain, describe: Sample.describe).text(of: trace, for: query),
      "trace-nat.txt")
  }
}

@Suite struct HowTextTests {
  @Test func commandsForABlockedPort() throws {
    try expectGolden(HowText.text(of: Sample.blocked), "how-blocked.txt")
  }

  @Test func eachCommandOnceForSeveral() {
    let text = HowText.text(of: [Sample.blocked, Sample.blocked, Sample.silent])
    let lines = text.split(separator: "\n")
    #expect(lines.count == Set(lines).count)
    #expect(lines.count == 7)
  }

  @Test func commandsForASilentOne() throws {
    try expectGolden(HowText.text(of: Sample.silent), "how-silent.txt")
  }
}
