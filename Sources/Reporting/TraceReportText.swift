package import Model

/// A traced flow for people: each direction's way with every difference marked, then the answer.
package struct TraceReportText {
  private let style: Style
  private let describe: RuleDescriber

  package init(style: Style, describe: @escaping RuleDescriber) {
    self.style = style
    self.describe = describe
  }

  package func text(of report: TraceReport) -> String {
    let query = report.query
    let subject = "\(query.transport) \(query.source) -> \(query.destination)"
    var text = "\(subject): \(style.state(report.finding.state))\n"
    text += "  \(Escaping.printable(report.finding.summary))\n"
    text += section("the request", report.request)
    if let reply = report.reply {
      text += section("the answer" + (Self.name(report.replyFlags) ?? ""), reply)
    }
    text += "\n\(conclusion(report))\n"
    for remark in report.remarks { text += "  \(Escaping.printable(remark))\n" }
    return text
  }

  private static func name(_ flags: TCPFlags?) -> String? {
    guard let flags else { return nil }
    if flags.contains(.rst) { return " (a reset)" }
    return flags.isSuperset(of: [.syn, .ack]) ? " (SYN-ACK)" : nil
  }

  private func conclusion(_ report: TraceReport) -> String {
    guard let agrees = report.agrees else {
      return style.paint(
        "The trace is incomplete: it can't be compared with the prediction.", .warning)
    }
    let all = report.request.rows + (report.reply?.rows ?? [])
    if agrees {
      let count = all.count == 1 ? "its one step" : "all \(all.count) steps"
      return style.paint(
        all.isEmpty
          ? "The kernel did as predicted: no rule is on the way."
          : "The kernel did as predicted, in \(count).", .good)
    }
    return style.paint("THE KERNEL DID NOT DO AS PREDICTED:", .bad)
      + " - predicted, but not seen; + seen, but not predicted."
  }

  private func section(_ title: String, _ comparison: TraceComparison) -> String {
    guard !comparison.rows.isEmpty else { return "\n\(title): no rule is on its way\n" }
    var text = "\n\(title):\n"
    let steps = comparison.rows.map { row in
      switch row {
      case .both(let step): (" ", step)
      case .predictedOnly(let step): ("-", step)
      case .seenOnly(let step): ("+", step)
      }
    }
    let places = steps.map { Self.place($0.1) }
    let width = min(places.map(\.count).max() ?? 0, 44)
    let verdicts = steps.map { $0.1.verdict.rawValue.count }.max() ?? 0
    for ((mark, step), place) in zip(steps, places) {
      let number = step.handle.map { "\($0)" } ?? "-"
      let rule = step.ruleText(describe).map { Escaping.printable($0) } ?? ""
      let line =
        "\(mark) \(place.padded(to: width))  \(number.padded(to: 4))  "
        + "\(step.verdict.rawValue.padded(to: verdicts))  \(rule)"
      text += (mark == " " ? line.trimmed : style.paint(line.trimmed, .bad)) + "\n"
    }
    for sentence in comparison.turnedOut {
      text += "  it turned out: \(Escaping.printable(sentence))\n"
    }
    return text
  }

  private static func place(_ step: TraceStep) -> String {
    "\(step.hook.name)  " + Escaping.printable("\(step.family.name) \(step.table) \(step.chain)")
  }
}
