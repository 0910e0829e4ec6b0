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
  /// The rows of the round before, until this one is over.
  private var previous: [CheckResult] = []
  /// Of a scan: what is counted, and what is not written yet.
  private lazy var tally = ScanTally(showsOnlyOpen: request.showsOnlyOpen)
  private var pending: [UInt8] = []
  private var isFirst = true
  /// Why standard output could not be written.
  private var writeError: ErrorNumber?

  /// Where the answer goes.
  private let stream: StandardStream

  init(_ request: CheckRequest, to stream: StandardStream = .output) {
    self.request = request
    self.stream = stream
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
    // Of several rounds only the last one counts.
    if request.format == .jsonLines, request.waitLimit == nil {
      write(CheckJSON.line(result, describe: describe))
    } else {
      report.results.append(result)
    }
  }

  /// Nobody reads any more, as after `| head -1`: no reason to go on, and none to complain.
  var isReaderGone: Bool { writeError == .brokenPipe }

  /// The exit status of an answer that did not get out.
  var failure: ExitStatus? {
    guard let writeError, !isReaderGone else { return nil }
    Diagnostics.say("the answer could not be written: \(writeError)")
    return .unavailable
  }

  private func write(_ bytes: [UInt8]) {
    guard writeError == nil else { return }
    writeError = stream.failureWriting(bytes)
  }

  /// The whole call failed; what an earlier round found is kept.
  func fail(_ failure: CheckFailure) {
    report.failure = ReportFailure(slug: failure.slug, message: failure.message)
    if report.results.isEmpty { report.results = previous }
    Diagnostics.say(failure.message)
    switch request.format {
    case .text:
      // The message is out already.
      report.failure = nil
      finish()
    case .json: write(CheckJSON.document(report, describe: describe))
    case .jsonLines:
      finish()
      guard let failure = report.failure else { return }
      write(CheckJSON.line(failure, schema: "reach/check/1"))
    }
  }

  // MARK: Scans

  /// What is printed before a scan's first row.
  func beginScan() {
    if request.format == .json { write(CheckJSON.head(target: request.host)) }
  }

  /// Prints or counts a row of a scan; nothing of it is kept longer than needed.
  func add(_ row: ScanRow, _ progress: ScanProgress) {
    let state = row.template.result.finding.state
    switch request.format {
    case .text:
      tally.add(
        row.template.result, port: row.port, isSkipped: row.outcome.kind == .skipped,
        whole: { row.result })
    case .json, .jsonLines:
      if request.showsOnlyOpen, state != .open { return }
      if StandardStream.output.isTerminal { progress.clear() }
      if request.format == .jsonLines {
        pending += CheckJSON.line(row.result, describe: describe)
      } else {
        pending += CheckJSON.element(row.result, isFirst: isFirst, describe: describe)
        isFirst = false
      }
      // A line that could be acted upon is not held back.
      if request.format == .jsonLines && state == .open || pending.count > 1 << 16 { flush() }
    }
  }

  /// Lets out what is known, when nothing new comes for a while.
  func flush() {
    guard !pending.isEmpty else { return }
    write(pending)
    pending.removeAll(keepingCapacity: true)
  }

  func finishScan(isInterrupted: Bool) {
    flush()
    if isInterrupted { Diagnostics.say("interrupted: what is known so far") }
    switch request.format {
    case .json: write(CheckJSON.tail)
    case .jsonLines: break
    case .text:
      let text = tally.text(
        style: Terminal.style(for: .output), isVerbose: request.isVerbose,
        showsReason: request.showsReason, describe: describe)
      write(Array(text.utf8))
    }
  }

  /// Puts the rows of a round that was not as wished aside.
  func startAgain() {
    previous = report.results
    report.results.removeAll()
  }

  /// - Parameter isInterrupted: whether rows may be missing, for which the round before has to do.
  func finish(isInterrupted: Bool = false) {
    if isInterrupted {
      let known = Set(report.results.map(\.evidence.flow))
      report.results += previous.filter { !known.contains($0.evidence.flow) }
      Diagnostics.say("interrupted: what is known so far")
    }
    switch request.format {
    case .json: write(CheckJSON.document(report, describe: describe))
    case .jsonLines:
      for result in report.results { write(CheckJSON.line(result, describe: describe)) }
    case .text: writeText()
    }
  }

  private func writeText() {
    let style = Terminal.style(for: stream)
    let text = CheckText(
      style: style, isVerbose: request.isVerbose, showsOnlyOpen: request.showsOnlyOpen,
      describe: describe)
    write(Array(text.text(of: report).utf8))
    guard request.showsCommands else { return }
    let asked = report.results.filter { !$0.isInformational }
    write(Array(HowText.text(of: asked, style: style).utf8))
  }
}
