internal import Kernel
internal import Model

/// A check from request to exit status: resolves, asks, prints, and asks again where that is wished.
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
    while true {
      let status: ExitStatus
      do throws(KernelError) {
        let namespace = try request.namespace.map { name throws(KernelError) in
          try NetworkNamespace(selector: name)
        }
        status = try ask(question, in: namespace, output)
      } catch {
        throw CheckFailure(
          slug: error.isPermission ? "permission" : "unavailable", message: "\(error)",
          status: error.isPermission ? .notPermitted : .unavailable)
      }
      if Interruption.isRequested {
        output.finish()
        throw ExitStatus.interrupted
      }
      let isOver = status == .asWished || deadline.map { ContinuousClock.now >= $0 } ?? true
      if isOver {
        output.finish()
        throw status
      }
      CurrentProcess.sleep(.milliseconds(250))
      output.startAgain()
    }
  }

  /// Asks once, from inside the namespace.
  private func ask(
    _ question: CheckQuestion, in namespace: NetworkNamespace?, _ output: CheckOutput
  ) throws(KernelError) -> ExitStatus {
    guard let namespace else { return askHere(question, output) }
    return try DedicatedThread.run(in: namespace) { () throws(KernelError) in
      askHere(question, output)
    }
  }

  private func askHere(_ question: CheckQuestion, _ output: CheckOutput) -> ExitStatus {
    let workflow = CheckWorkflow(question)
    output.begin(workflow)
    var states: [PortState] = []
    let report = { (result: CheckResult) in
      if !result.isInformational { states.append(result.finding.state) }
      output.add(result)
    }
    workflow.run(isInterrupted: { Interruption.isRequested }, onResult: report)
    return ExitStatus(states: states, expected: request.expected)
  }
}
