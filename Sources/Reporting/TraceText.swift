package import Model

/// A packet's way through hooks and chains for people: verdict first, then every step.
package struct TraceText {
  private let style: Style
  private let describe: RuleDescriber

  package init(style: Style, describe: @escaping RuleDescriber) {
    self.style = style
    self.describe = describe
  }

  package func text(of trace: Trace, for query: PacketQuery) -> String {
    var text = "\(Self.subject(query)): \(verdict(trace))\n"
    text += steps(trace.steps, decidedBy: trace.decidedBy)
    text += "  \(Self.delivery(trace, query))\n"
    for condition in trace.conditions {
      text += "  depends on: \(Escaping.printable(condition.likely))\n"
    }
    for branch in trace.branches.dropFirst() {
      let when = branch.when.map { Escaping.printable($0) }.joined(separator: " and ")
      let place = branch.decidedBy.map { " (\(StepText.place($0)))" } ?? ""
      text += "  if \(when): \(branch.verdict.rawValue)\(place)\n"
    }
    for assumption in trace.assumptions {
      text += "  assumed: \(Escaping.printable(assumption))\n"
    }
    return text
  }

  private static func subject(_ query: PacketQuery) -> String {
    let device: String
    if let input = query.inputInterface {
      device = ", arriving on \(Escaping.printable(input))"
    } else if let output = query.outputInterface {
      device = ", sent by this host on \(Escaping.printable(output))"
    } else {
      device = ", sent by this host"
    }
    return "\(query.transport) \(query.source) -> \(query.destination)\(device)"
  }

  private func verdict(_ trace: Trace) -> String {
    let tone: Style.Tone =
      switch trace.verdict {
      case .accept: .good
      case .conditional: .warning
      case .drop, .reject, .queue, .stolen: .bad
      }
    var text = style.paint(trace.verdict.rawValue.uppercased(), tone)
    if trace.verdict == .conditional, let likely = trace.branches.first {
      text += ", most likely \(likely.verdict.rawValue)"
    }
    if let rejection = trace.rejection { text += " (\(rejection.name))" }
    if let queue = trace.queue { text += " (queue \(queue))" }
    // That no rule objects is not all that a person wants to know.
    if trace.verdict == .accept, case .none = trace.delivery.destination {
      text += style.paint(", but not delivered", .warning)
    }
    return text
  }

  /// One line a step; a jump indents what follows in the chain jumped to.
  private func steps(_ steps: [TraceStep], decidedBy: TraceStep?) -> String {
    let hooks = steps.map(\.hook.name.count).max() ?? 0
    let places = steps.map { "\($0.hook.name.padded(to: hooks))  " + Self.chain($0) }
    let width = min(places.map(\.count).max() ?? 0, 44)
    let verdicts = steps.map { $0.verdict.rawValue.count }.max() ?? 0
    var text = ""
    for (index, step) in steps.enumerated() {
      let number = step.handle.map { "\($0)" } ?? "-"
      let verdict = step.verdict.rawValue.padded(to: verdicts)
      let isDecisive = step == decidedBy
      let tone: Style.Tone = step.verdict == .accept ? .good : .bad
      let shown = isDecisive ? style.paint(verdict, tone) : verdict
      var rule = step.ruleText(describe).map { Escaping.printable($0) } ?? ""
      if let comment = step.comment, !rule.contains("comment ") {
        rule += "  # \(Escaping.printable(comment))"
      }
      let indent = String(repeating: "  ", count: max(0, step.path.count - 1))
      text +=
        "  \(places[index].padded(to: width))  \(number.padded(to: 4))  \(shown)  \(indent)\(rule)"
        .trimmed + "\n"
      if let remark = Self.remark(step, later: steps[(index + 1)...], decidedBy: decidedBy) {
        text += "      \(style.paint(remark, .faint))\n"
      }
    }
    return text
  }

  private static func chain(_ step: TraceStep) -> String {
    Escaping.printable("\(step.family.name) \(step.table) \(step.chain)")
  }

  /// An accept ends its own base chain only: the next one of the hook has its say as well.
  private static func remark(
    _ step: TraceStep, later: ArraySlice<TraceStep>, decidedBy: TraceStep?
  ) -> String? {
    guard step.verdict == .accept, !step.isPolicy, step != decidedBy, let decidedBy,
      decidedBy.verdict != .accept, later.contains(decidedBy)
    else { return nil }
    return "not the last word: \(StepText.place(decidedBy)) comes later"
  }

  private static func delivery(_ trace: Trace, _ query: PacketQuery) -> String {
    let delivery = trace.delivery
    let endpoint = delivery.address.map { Endpoint($0, port: delivery.port).description }
    let device = delivery.interface.map { " on \(Escaping.printable($0))" } ?? ""
    var text: String
    switch delivery.destination {
    case .local: text = "delivered to this host"
    case .forward: text = "forwarded\(device)" + (delivery.gateway.map { " via \($0)" } ?? "")
    case .out: text = "leaves\(device)" + (delivery.gateway.map { " via \($0)" } ?? "")
    case .none(let obstacle):
      text = "delivered nowhere" + (obstacle.map { ": \(name($0))" } ?? "")
      if obstacle == .forwardingDisabled {
        text += ", and \(delivery.address ?? query.destination.address) is not this host's"
      }
    }
    if let endpoint,
      delivery.address != query.destination.address
        || delivery.port != query.destination.port
    {
      text += "; NAT makes the destination \(endpoint)"
    }
    if let source = delivery.source, source.address != query.source.address {
      text += "; NAT makes the source \(source)"
    }
    return text
  }

  private static func name(_ obstacle: Delivery.Obstacle) -> String {
    switch obstacle {
    case .noRoute: "no route"
    case .blackhole: "a blackhole route"
    case .unreachable: "an unreachable route"
    case .prohibited: "a prohibit route"
    case .reversePath: "the reverse-path filter (rp_filter)"
    case .martianSource: "a martian source"
    case .martianDestination: "a martian destination"
    case .forwardingDisabled: "forwarding is off"
    case .timeToLive: "the TTL runs out"
    case .noAddress: "NAT finds no address"
    case .interfaceDown: "the interface is down"
    case .broadcast: "a broadcast address"
    }
  }
}
