package import Model

/// The `reach/check/1` documents of the contract (contract.md, section 4).
package enum CheckJSON {
  /// The whole document, with a line end.
  package static func document(_ report: CheckReport, describe: RuleDescriber) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.field("schema", "reach/check/1")
    json.field("target", report.target)
    json.key("results")
    json.beginArray()
    for result in report.results { write(result, to: &json, describe) }
    json.endArray()
    if let failure = report.failure { write(failure, to: &json) }
    json.endObject()
    json.endLine()
    return json.bytes
  }

  /// The start of a document whose results are written as they come, each by `element`.
  package static func head(target: String?) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.field("schema", "reach/check/1")
    json.field("target", target)
    json.key("results")
    json.beginArray()
    return json.bytes
  }

  /// One result of a document begun with `head`.
  package static func element(
    _ result: CheckResult, isFirst: Bool, describe: RuleDescriber
  ) -> [UInt8] {
    var json = JSONWriter()
    write(result, to: &json, describe)
    return (isFirst ? [] : [UInt8(ascii: ",")]) + json.bytes
  }

  /// The end of a document begun with `head`.
  package static let tail: [UInt8] = Array("]}\n".utf8)

  /// One result as one line, for `--json-lines`.
  package static func line(_ result: CheckResult, describe: RuleDescriber) -> [UInt8] {
    var json = JSONWriter()
    write(result, to: &json, describe)
    json.endLine()
    return json.bytes
  }

  /// The line for the failure of a whole call, for `--json-lines`.
  package static func line(_ failure: ReportFailure, schema: String) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.field("schema", schema)
    write(failure, to: &json)
    json.endObject()
    json.endLine()
    return json.bytes
  }

  static func write(_ failure: ReportFailure, to json: inout JSONWriter) {
    json.key("error")
    json.beginObject()
    json.field("slug", failure.slug)
    json.field("message", failure.message)
    json.endObject()
  }

  private static func write(
    _ result: CheckResult, to json: inout JSONWriter, _ describe: RuleDescriber
  ) {
    let flow = result.evidence.flow
    let finding = result.finding
    json.beginObject()
    json.field("address", flow.destination.description + (result.scope.map { "%" + $0 } ?? ""))
    json.field("port", flow.port.number)
    json.field("protocol", flow.transport.description)
    json.field("service", result.service)
    json.field("from", flow.origin.word)
    json.field("informational", result.isInformational)
    json.field("state", finding.state.rawValue)
    json.field("conditional", finding.isConditional)
    json.field("cause", finding.cause.rawValue)
    json.field("summary", finding.summary)
    json.field("suggestion", finding.suggestion)
    json.key("probe")
    write(result.evidence.probe, to: &json)
    json.key("listener")
    write(result.evidence.listeners, to: &json)
    json.key("firewall")
    write(finding.firewall, to: &json, describe)
    json.key("provider")
    write(finding.provider, to: &json)
    json.endObject()
  }

  private static func write(_ provider: Provider?, to json: inout JSONWriter) {
    guard let provider else { return json.null() }
    json.beginObject()
    json.field("name", provider.name)
    json.field("package", provider.package)
    json.field("installed", provider.isInstalled)
    json.field("unit", provider.unit)
    json.field("socket", provider.socket)
    json.field("state", provider.state.rawValue)
    json.field("enabled", provider.isEnabled)
    json.field("summary", provider.summary)
    json.field("start", provider.start)
    json.field("stop", provider.stop)
    json.endObject()
  }

  private static func write(_ probe: ProbeOutcome, to json: inout JSONWriter) {
    json.beginObject()
    json.field("outcome", probe.kind.rawValue)
    json.field("errno", probe.error?.name)
    json.key("icmp")
    if let icmp = probe.icmp {
      json.beginObject()
      json.field("type", icmp.type)
      json.field("code", icmp.code)
      json.field("from", icmp.from.description)
      json.endObject()
    } else {
      json.null()
    }
    json.key("rttMs")
    json.milliseconds(probe.roundTrip)
    json.field("attempts", probe.attempts)
    json.field("banner", probe.banner.map(bannerText))
    json.field("source", probe.source?.description)
    json.endObject()
  }

  /// The banner without its line end; bytes that are not UTF-8 become U+FFFD.
  static func bannerText(_ banner: [UInt8]) -> String {
    String(decoding: banner.withoutLineEnd, as: UTF8.self)
  }

  /// `sockets` are those that take the packet; if there is none, the near misses of `cause`.
  private static func write(_ listeners: ListenerEvidence?, to json: inout JSONWriter) {
    json.beginObject()
    json.field("known", listeners != nil)
    json.field("listening", listeners.map { !$0.matching.isEmpty })
    json.key("sockets")
    if let listeners {
      let sockets =
        listeners.matching.isEmpty ? listeners.near.map(\.listener) : listeners.matching
      json.beginArray()
      for socket in sockets { ListenersJSON.write(socket, to: &json) }
      json.endArray()
    } else {
      json.null()
    }
    json.endObject()
  }

  private static func write(
    _ firewall: FirewallConclusion?, to json: inout JSONWriter, _ describe: RuleDescriber
  ) {
    json.beginObject()
    json.field("known", firewall != nil)
    json.field("verdict", firewall.map { contractVerdict($0.verdict) })
    json.key("decidedBy")
    if let firewall, let step = firewall.decidedBy {
      writeDecision(
        step, direction: firewall.direction, place: firewall.place, owner: firewall.owner,
        to: &json, describe)
    } else {
      json.null()
    }
    json.key("conditions")
    if let firewall {
      json.beginArray()
      for condition in firewall.conditions { json.value(condition.likely) }
      json.endArray()
    } else {
      json.null()
    }
    json.endObject()
  }

  /// `check` knows no `stolen`: for the asker the packet is gone.
  private static func contractVerdict(_ verdict: Trace.Verdict) -> String {
    verdict == .stolen ? Trace.Verdict.drop.rawValue : verdict.rawValue
  }

  /// The contract's `decidedBy` object.
  static func writeDecision(
    _ step: TraceStep, direction: FirewallConclusion.Direction, place: String, owner: String?,
    to json: inout JSONWriter, _ describe: RuleDescriber
  ) {
    json.beginObject()
    json.field("direction", direction.rawValue)
    json.field("hook", step.hook.name)
    json.field("family", step.family.name)
    json.field("table", step.table)
    json.field("chain", step.chain)
    json.field("handle", step.handle)
    json.field("policy", step.isPolicy)
    json.field("rule", step.ruleText(describe))
    json.field("comment", step.comment)
    json.field("owner", owner)
    json.field("where", place)
    json.field("legacy", step.isLegacy)
    json.endObject()
  }
}

extension Condition {
  /// What is taken to hold in the likeliest branch.
  var likely: String { isLikely ? holds : fails }
}
