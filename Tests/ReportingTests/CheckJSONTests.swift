import Model
import TestSupport
import Testing

@testable import Reporting

@Suite struct CheckJSONTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func aDocumentHoldsEveryFieldOfTheContract() throws {
    let report = CheckReport(
      target: "db1",
      results: [
        Sample.open, Sample.blocked, Sample.rejected, Sample.closed, Sample.prohibited,
        Sample.silent, Sample.conditional, Sample.outside,
      ])
    try expectGolden(
      text(CheckJSON.document(report, describe: Sample.describe)).replacingBreaks(),
      "check.json")
  }

  @Test func anErrorComesWithEmptyResults() {
    let report = CheckReport(
      target: "nowhere", results: [],
      failure: ReportFailure(slug: "name-not-found", message: "no address for \"nowhere\""))
    #expect(
      text(CheckJSON.document(report, describe: Sample.describe))
        == #"{"schema":"reach/check/1","target":"nowhere","results":[],"error":{"slug":"#
        + #""name-not-found","message":"no address for \"nowhere\""}}"# + "\n")
  }

  @Test func aLineIsOneResult() {
    let line = text(CheckJSON.line(Sample.silent, describe: Sample.describe))
    #expect(line.hasPrefix(#"{"address":"10.77.2.2","port":8080,"#))
    #expect(line.hasSuffix("}\n"))
    #expect(line.split(separator: "\n").count == 1)
    #expect(
      line.contains(
        #""firewall":{"known":false,"verdict":null,"decidedBy":null,"conditions":null}"#))
    #expect(line.contains(#""listener":{"known":false,"listening":null,"sockets":null}"#))
  }

  @Test func theOriginIsSpelledAsTheContractSays() {
    let v6 = Sample.address("fd77:1::2")
    #expect(Origin.address(Sample.client, port: nil, interface: nil).word == "10.77.1.2")
    #expect(
      Origin.address(Sample.client, port: Port(900), interface: "s0").word == "10.77.1.2:900%s0")
    #expect(Origin.address(v6, port: Port(900), interface: nil).word == "[fd77:1::2]:900")
    #expect(
      Origin.outside(interface: "s0", source: v6, isBeyondGateway: false).word == "outside%s0")
  }

  @Test func listenersHaveTheirOwnDocument() throws {
    let conclusion = FirewallConclusion(verdict: .drop, decidedBy: Sample.drop)
    let nginx = SocketRecord(
      listener: Sample.nginx, state: .listening, holders: [812, 813],
      process: ProcessFacts(
        pid: 812, command: "nginx", commandLine: "nginx: \u{1b}[2Jmaster", started: 951_782_399,
        unit: "nginx.service"),
      service: "http-alt",
      reachability: Reachability(scope: .local, interfaces: ["s0"], limit: .firewall(conclusion)))
    let bare = SocketRecord(listener: Sample.nginx, state: .established)
    let document = ListenersJSON.document([nginx, bare]) { Sample.describe($1) }
    try expectGolden(text(document), "listeners.json")
  }

  @Test func simulationsHaveTheirOwnDocument() throws {
    let query = PacketQuery(
      transport: .tcp, source: Endpoint(Sample.client, port: Port(40000)),
      destination: Endpoint(Sample.server, port: Sample.port), inputInterface: "s0")
    var trace = Sample.trace(.drop, by: Sample.drop)
    trace.delivery.address = Sample.server
    let line = SimulateJSON.document(
      trace, for: query, owner: { _, _ in "ufw" }, describe: Sample.describe)
    try expectGolden(text(line).replacingBreaks(), "simulate.json")
  }
}

@Suite struct JSONWriterTests {
  private func written(_ body: (inout JSONWriter) -> Void) -> String {
    var json = JSONWriter()
    body(&json)
    return String(decoding: json.bytes, as: UTF8.self)
  }

  @Test func escapesWhatMustBeAndWhatATerminalObeys() {
    let text = written { $0.value("a\"b\\c\n\r\t\u{0}\u{1b}[2J\u{7f}\u{9b}\u{2028}é\u{1f600}") }
    #expect(
      text == #""a\"b\\c\n\r\t\u0000\u001b[2J\u007f\u009b\u2028"# + "é\u{1f600}\"")
  }

  @Test func bytesThatAreNotTextAreReplaced() {
    #expect(CheckJSON.bannerText([0x41, 0xff, 0x42, 0x0d, 0x0a]) == "A\u{fffd}B")
    #expect(CheckJSON.bannerText([0x0d, 0x0a]) == "")
  }

  @Test func commasStandBetweenAndNowhereElse() {
    let text = written { json in
      json.beginObject()
      json.key("a")
      json.beginArray()
      json.beginObject()
      json.endObject()
      json.value(1)
      json.beginArray()
      json.endArray()
      json.null()
      json.endArray()
      json.field("b", true)
      json.field("c", Int?.none)
      json.endObject()
      json.endLine()
      json.value(false)
    }
    #expect(text == #"{"a":[{},1,[],null],"b":true,"c":null}"# + "\nfalse")
  }

  @Test(arguments: [
    (Duration.microseconds(120), "0.12"), (.milliseconds(1003), "1003"), (.zero, "0"),
    (.microseconds(1), "0.001"), (.nanoseconds(1_234_567), "1.234"),
    (.seconds(Int64.max), "9223372036854775.807"), (.microseconds(-1500), "-1.5"),
  ])
  func milliseconds(_ duration: Duration, _ text: String) {
    #expect(JSONWriter.milliseconds(duration) == text)
  }

  @Test func whatIsTakenIsGoneAndTheCommaStays() {
    var json = JSONWriter()
    json.beginArray()
    json.value(1)
    #expect(json.take() == Array("[1".utf8))
    json.value(2)
    #expect(json.take() == Array(",2".utf8))
  }
}

extension String {
  /// One field group a line, so that a golden file can be read.
  func replacingBreaks() -> String {
    var text = ""
    for character in self {
      if character == "{" { text += "\n" }
      text.append(character)
    }
    return text
  }
}
