internal import Diagnosis
internal import Kernel
internal import Model
internal import Reporting

/// Prints a check: rows as they come where that is asked for, the whole at the end otherwise.
final class CheckOutput {
  private let request: CheckRequest
  private var report: CheckReport
  private var describe: RuleDescriber = { _ in "" }
  private var isGapTold = false

  init(_ request: CheckRequest) {
    self.request = request
    report = CheckReport(target: request.host, results: [])
  }

  /// Takes over what is needed to word rules, and tells once what could not be read.
  func begin(_ workflow: CheckWorkflow) {
    let words = RuleWords(ruleset: workflow.ruleset, interfaces: workflow.interfaces)
    describe = { words.text(of: $0) }
    guard let gap = workflow.gap, !isGapTold else { return }
    isGapTold = true
    Diagnostics.say(
      gap.isPermission
        ? "the firewall can't be read without CAP_NET_ADMIN: run it with sudo, or use --no-firewall"
        : "the firewall could not be read: \(gap.message)")
  }

  func add(_ result: CheckResult) {
    if request.showsOnlyOpen, request.format != .text, result.finding.state != .open { return }
    if request.format == .jsonLines {
      StandardStream.output.write(CheckJSON.line(result, describe: describe))
    } else {
      report.results.append(result)
    }
  }

  /// The whole call failed.
  func fail(_ failure: CheckFailure) {
    report.failure = ReportFailure(slug: failure.slug, message: failure.message)
    Diagnostics.say(failure.message)
    if request.format == .jsonLines, let failure = report.failure {
      StandardStream.output.write(CheckJSON.line(failure, schema: "reach/check/1"))
    } else if request.format == .json {
      StandardStream.output.write(CheckJSON.document(report, describe: describe))
    }
  }

  /// Forgets the rows of a round that was not as wished.
  func startAgain() {
    report.results.removeAll()
  }

  func finish() {
    guard request.format != .jsonLines else { return }
    if request.format == .json {
      StandardStream.output.write(CheckJSON.document(report, describe: describe))
      return
    }
    let style = Terminal.style(for: .output)
    let text = CheckText(
      style: style, isVerbose: request.isVerbose, showsOnlyOpen: request.showsOnlyOpen,
      describe: describe)
    StandardStream.output.write(text.text(of: report))
    guard request.showsCommands else { return }
    let asked = report.results.filter { !$0.isInformational }
    StandardStream.output.write(HowText.text(of: asked, style: style))
  }
}
