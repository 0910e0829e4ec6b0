package import Model

/// The document of `reach trace`, schema `reach/trace/1`.
package enum TraceReportJSON {
  package static let schema = "reach/trace/1"

  package static func document(_ report: TraceReport, describe: RuleDescriber) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.field("schema", schema)
    json.key("packet")
    SimulateJSON.write(report.query, to: &json)
    json.field("agree", report.agrees)
    json.field("state", report.finding.state.rawValue)
    json.field("cause", report.finding.cause.rawValue)
    json.field("summary", report.finding.summary)
    json.field("suggestion", report.finding.suggestion)
    json.key("request")
    write(report.request, flags: nil, to: &json, describe)
    json.key("reply")
    if let reply = report.reply {
      write(reply, flags: report.replyFlags, to: &json, describe)
    } else {
      json.null()
    }
    json.field("remarks", report.remarks)
    json.endObject()
    json.endLine()
    return json.bytes
  }

  private static func write(
    _ comparison: TraceComparison, flags: TCPFlags?, to json: inout JSONWriter,
    _ describe: RuleDescriber
  ) {
    json.beginObject()
    json.field("agree", comparison.agrees)
    if let flags {
      json.field("tcpFlags", TCPFlags.names.filter { flags.contains($0.0) }.map { $0.1 })
    } else {
      json.key("tcpFlags")
      json.null()
    }
    json.field("turnedOut", comparison.turnedOut)
    json.key("predicted")
    SimulateJSON.write(comparison.predicted, to: &json, describe)
    json.key("seen")
    SimulateJSON.write(comparison.seen, to: &json, describe)
    json.endObject()
  }
}
