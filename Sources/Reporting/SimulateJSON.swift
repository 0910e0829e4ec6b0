package import Model

/// The `reach/simulate/1` documents of the contract: one a packet.
package enum SimulateJSON {
  /// The answer for one packet, as one line.
  ///
  /// - Parameters:
  ///   - place: the contract's `where`: `here`, or `netns:NAME`.
  ///   - owner: names the owner of a step's chain, given all steps (Diagnosis' `Owner`).
  package static func document(
    _ trace: Trace, for query: PacketQuery, place: String = "here",
    owner: (TraceStep, [TraceStep]) -> String? = { _, _ in nil }, describe: RuleDescriber
  ) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.field("schema", "reach/simulate/1")
    json.key("packet")
    write(query, to: &json)
    json.field("verdict", trace.verdict.rawValue)
    json.field("reject", trace.rejection?.name)
    json.field("queue", trace.queue)
    json.key("decidedBy")
    write(
      trace.decidedBy, owner: trace.decidedBy.flatMap { owner($0, trace.steps) }, place: place,
      to: &json, describe)
    json.key("delivered")
    write(trace.delivery, to: &json)
    json.key("steps")
    write(trace.steps, to: &json, describe)
    json.key("branches")
    json.beginArray()
    for branch in trace.branches {
      json.beginObject()
      json.field("verdict", branch.verdict.rawValue)
      json.field("when", branch.when)
      json.key("decidedBy")
      write(
        branch.decidedBy, owner: branch.decidedBy.flatMap { owner($0, branch.steps) },
        place: place, to: &json, describe)
      json.key("steps")
      write(branch.steps, to: &json, describe)
      json.endObject()
    }
    json.endArray()
    json.endObject()
    json.endLine()
    return json.bytes
  }

  /// The answer to a line that was not understood.
  package static func failure(_ failure: ReportFailure) -> [UInt8] {
    CheckJSON.line(failure, schema: "reach/simulate/1")
  }

  static func write(_ query: PacketQuery, to json: inout JSONWriter) {
    json.beginObject()
    json.field("protocol", query.transport.description)
    json.field("from", query.source.description)
    json.field("to", query.destination.description)
    json.field("in", query.inputInterface)
    json.field("out", query.outputInterface)
    json.endObject()
  }

  private static func write(
    _ step: TraceStep?, owner: String?, place: String, to json: inout JSONWriter,
    _ describe: RuleDescriber
  ) {
    guard let step else { return json.null() }
    CheckJSON.writeDecision(
      step, direction: .request, place: place, owner: owner, to: &json, describe)
  }

  private static func write(_ delivery: Delivery, to json: inout JSONWriter) {
    json.beginObject()
    let word =
      switch delivery.destination {
      case .local: "local"
      case .forward: "forward"
      case .out: "out"
      case .none: "none"
      }
    json.field("to", word)
    json.field("address", delivery.address?.description)
    json.field("port", delivery.port?.number)
    json.field("interface", delivery.interface)
    json.endObject()
  }

  static func write(
    _ steps: [TraceStep], to json: inout JSONWriter, _ describe: RuleDescriber
  ) {
    json.beginArray()
    for step in steps {
      json.beginObject()
      json.field("hook", step.hook.name)
      json.field("family", step.family.name)
      json.field("table", step.table)
      json.field("chain", step.chain)
      json.field("handle", step.handle)
      json.field("verdict", step.verdict.rawValue)
      json.field("to", step.target)
      json.field("policy", step.isPolicy)
      json.field("rule", step.ruleText(describe))
      json.endObject()
    }
    json.endArray()
  }
}
