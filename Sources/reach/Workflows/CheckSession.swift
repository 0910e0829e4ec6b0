internal import Kernel
internal import Model

/// A check from request to exit status: resolves, asks, prints, and asks again where that is
/// wished.
struct CheckSession {
  let request: CheckRequest

  init(_ request: CheckRequest) {
    self.request = request
  }

  /// Asks until it is as wished, or once.
  ///
  /// - Throws: `ExitStatus`, always.
  func run() throws {
    let output = CheckOutput(request)
    do {
      try answer(try CheckQuestionBuilder(request: request).build(), output)
    } catch let error as CheckFailure {
      output.fail(error)
      throw error.status
    }
  }

  private func answer(_ question: CheckQuestion, _ output: CheckOutput) throws {
    let deadline = request.waitLimit.map { ContinuousClock.now + $0 }
    if ScanSession.suits(request, question) {
      let scan = ScanSession(request: request, question: question)
      let reports = try scan.makeReports()
      let status = try askInPlace { scan.run(output, reports) }
      try scan.checkReports(reports)
      throw status ?? .unavailable
    }
    while true {
      guard let status = try askInPlace({ askHere(question, output) }) else {
        throw CheckFailure(
          slug: "unavailable", message: "nothing leads here from outside: no device but lo is up",
          status: .unavailable)
      }
      if Interruption.isRequested {
        output.finish(isInterrupted: true)
        throw ExitStatus.interrupted
      }
      let isOver = status == .asWished || deadline.map { ContinuousClock.now >= $0 } ?? true
      if isOver {
        output.finish()
        if let failure = output.failure { throw failure }
        throw status
      }
      // A signal ends the sleep; the next round then ends at once, and what this one found is
      // shown.
      CurrentProcess.sleep(.milliseconds(250))
      output.startAgain()
    }
  }

  /// Asks from inside the namespace that was asked for.
  private func askInPlace(_ body: () -> ExitStatus?) throws(CheckFailure) -> ExitStatus? {
    do throws(KernelError) {
      guard let name = request.namespace else { return body() }
      let namespace = try NetworkNamespace(selector: name)
      return try DedicatedThread.run(in: namespace) { () throws(KernelError) in body() }
    } catch {
      guard error.isPermission else {
        throw CheckFailure(slug: "unavailable", message: "\(error)", status: .unavailable)
      }
      throw CheckFailure(
        slug: "permission", message: "\(error); entering a namespace takes root: run it with sudo",
        status: .notPermitted)
    }
  }

  /// - Returns: `nil` if there was not a single row to ask about.
  private func askHere(_ question: CheckQuestion, _ output: CheckOutput) -> ExitStatus? {
    let workflow = CheckWorkflow(question)
    output.begin(workflow)
    var states: [PortState] = []
    let isOver = { Interruption.isRequested || output.isReaderGone }
    let asTheyCome = request.format == .jsonLines && request.waitLimit == nil
    let report = { (result: CheckResult) in
      if !result.isInformational { states.append(result.finding.state) }
      output.add(result)
    }
    workflow.run(asTheyCome: asTheyCome, isInterrupted: isOver, onResult: report)
    // An interrupted round may well have none, and is not the answer.
    if states.isEmpty, !Interruption.isRequested { return nil }
    return ExitStatus(states: states, expected: request.expected)
  }
}
