internal import Model

/// A whole check for people: one port explained, or a table with the explanations after it.
package struct CheckText {
  private let style: Style
  private let describe: RuleDescriber
  private let isVerbose: Bool
  private let showsOnlyOpen: Bool

  /// Explanations after a table; more would bury it.
  static let explanationLimit = 8

  package init(
    style: Style, isVerbose: Bool = false, showsOnlyOpen: Bool = false,
    describe: @escaping RuleDescriber
  ) {
    self.style = style
    self.isVerbose = isVerbose
    self.showsOnlyOpen = showsOnlyOpen
    self.describe = describe
  }

  /// The text, each line with its end; empty for a report without results and failure.
  package func text(of report: CheckReport) -> String {
    let asked = report.results.filter { !$0.isInformational }
    let outside = report.results.filter(\.isInformational)
    var text = ""
    if asked.count == 1, let only = asked.first {
      text += findings.text(of: only)
      text += informational(outside, beside: only)
    } else if !asked.isEmpty {
      let table = PortTable(style: style, showsOnlyOpen: showsOnlyOpen)
      text += table.text(of: report.results)
      text += explanations(asked + outside)
    }
    if let failure = report.failure {
      text += style.paint("error", .bad) + ": \(Escaping.printable(failure.message))\n"
    }
    return text
  }

  private var findings: FindingText {
    FindingText(style: style, isVerbose: isVerbose, describe: describe)
  }

  /// Rows about strangers: one for each way to fare, since most interfaces fare alike.
  private func informational(_ rows: [CheckResult], beside asked: CheckResult) -> String {
    var text = ""
    for group in Self.groups(rows) {
      guard let first = group.first else { continue }
      let names = group.map { Escaping.printable($0.evidence.flow.origin.word) }
      let unique = names.enumerated().filter { !names[..<$0.offset].contains($0.element) }
      let who = "from " + unique.map(\.element).joined(separator: ", ")
      let finding = first.finding
      // What the port itself lacks, it lacks for everybody.
      if finding.state == .closed, finding.cause == asked.finding.cause { continue }
      let state = style.state(finding.state, isConditional: finding.isConditional)
      text += "\(who): \(state)  \(Escaping.printable(finding.summary))\n"
      if finding.state != .open, finding.firewall?.decidedBy != asked.finding.firewall?.decidedBy {
        text += findings.decision(of: first)
      }
    }
    return text
  }

  private func explanations(_ rows: [CheckResult]) -> String {
    let unclear = rows.filter { $0.finding.state != .open || $0.finding.isConditional }
      .filter { $0.finding.cause != .noListener && $0.finding.cause != .remoteReset }
    guard !showsOnlyOpen, !unclear.isEmpty else { return "" }
    var text = ""
    let groups = Self.groups(unclear)
    for group in groups.prefix(Self.explanationLimit) {
      guard let first = group.first else { continue }
      text += "\n" + findings.text(of: first)
      if group.count > 1 {
        let ports = PortRanges.text(group.dropFirst().map(\.evidence.flow.port))
        text += "  likewise   \(ports)\n"
      }
    }
    if groups.count > Self.explanationLimit {
      text += "\n\(groups.count - Self.explanationLimit) more explanations: -v, or --json\n"
    }
    return text
  }

  /// Rows that are so for the same reason, in the order of their first.
  static func groups(_ rows: [CheckResult]) -> [[CheckResult]] {
    struct Key: Hashable {
      var state: PortState
      var cause: Cause
      var step: TraceStep?
      var isInformational: Bool
    }
    var order: [Key] = []
    var groups: [Key: [CheckResult]] = [:]
    for row in rows {
      let key = Key(
        state: row.finding.state, cause: row.finding.cause, step: row.finding.firewall?.decidedBy,
        isInformational: row.isInformational)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(row)
    }
    return order.compactMap { groups[$0] }
  }
}

/// Port numbers in the short form: `22, 80-83, 443`.
enum PortRanges {
  static func text(_ ports: [Port]) -> String {
    var parts: [String] = []
    var run: ClosedRange<UInt16>?
    func flush() {
      guard let run else { return }
      parts.append(run.count == 1 ? "\(run.lowerBound)" : "\(run.lowerBound)-\(run.upperBound)")
    }
    for number in Set(ports.map(\.number)).sorted() {
      if let current = run, number == current.upperBound &+ 1 {
        run = current.lowerBound...number
      } else {
        flush()
        run = number...number
      }
    }
    flush()
    return parts.joined(separator: ", ")
  }
}
