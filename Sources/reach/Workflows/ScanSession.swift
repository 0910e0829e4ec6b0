internal import Kernel
internal import Model
internal import Probing
internal import Reporting

/// A check of many ports from question to exit status.
struct ScanSession {
  let request: CheckRequest
  let question: CheckQuestion

  /// Whether a question is better asked as a scan: many ports, or a report of one.
  static func suits(_ request: CheckRequest, _ question: CheckQuestion) -> Bool {
    if request.isScanWanted { return true }
    return question.targets.count * question.ports.count >= ProbePlan.bulk
      && request.origins.isEmpty && request.waitLimit == nil && !request.showsCommands
  }

  /// Asks from the calling thread's namespace and prints what is found.
  func run(_ output: CheckOutput, _ reports: [ScanReport]) -> ExitStatus {
    sayIfShort()
    let workflow = CheckWorkflow(question)
    output.begin(workflow)
    let progress = ScanProgress(total: question.targets.count * question.ports.count)
    var states: Set<PortState> = []
    let asTheyCome = request.format == .jsonLines && reports.isEmpty
    let isQuiet = request.reportsToOutput
    if !isQuiet { output.beginScan() }
    ScanWorkflow(workflow, probesAll: request.probesAll).run(
      asTheyCome: asTheyCome,
      isInterrupted: {
        progress.tick()
        return Interruption.isRequested || output.isReaderGone
      }, onProbe: { progress.add($0) },
      onRow: { row in
        states.insert(row.template.result.finding.state)
        for report in reports { report.add(row) }
        if !isQuiet { output.add(row, progress) }
      })
    progress.clear()
    for report in reports { report.finish() }
    if !isQuiet { output.finishScan(isInterrupted: Interruption.isRequested) }
    if Interruption.isRequested { return .interrupted }
    return output.failure ?? ExitStatus(states: Array(states), expected: request.expected)
  }

  /// Fails if a report did not get out.
  func checkReports(_ reports: [ScanReport]) throws(CheckFailure) {
    for report in reports {
      guard let failure = report.failure else { continue }
      throw CheckFailure(slug: "unavailable", message: failure, status: .unavailable)
    }
  }

  /// - Throws: `CheckFailure` when a file can't be made.
  func makeReports() throws(CheckFailure) -> [ScanReport] {
    var reports: [ScanReport] = []
    do throws(KernelError) {
      if let path = request.xmlPath {
        reports.append(try ScanReport(.xml, path: path, question: question))
      }
      if let path = request.grepablePath {
        reports.append(try ScanReport(.grepable, path: path, question: question))
      }
    } catch {
      throw CheckFailure(slug: "unavailable", message: "\(error)", status: .unavailable)
    }
    return reports
  }

  /// Few descriptors make a scan slow, and whoever waits wants to know why.
  private func sayIfShort() {
    let (all, overflow) = question.targets.count.multipliedReportingOverflow(
      by: question.ports.count)
    let wanted = min(overflow ? .max : all, request.parallel ?? 1024)
    let possible = ProbeEngine.capacity(wanted: wanted)
    guard question.isProbing, possible < wanted else { return }
    Diagnostics.say(
      "at most \(possible) at a time: this process may not open more files (ulimit -Hn)")
  }
}
