internal import ArgumentParser
internal import Kernel
internal import Model
internal import Probing
internal import Reporting

/// `reach HOST PORT...`
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check whether ports can be reached, and say why not. (The default command.)")

  @Argument(
    help: "A name, an address, a block such as 10.0.0.0/24, or several with commas.",
    completion: .shellCommand("getent hosts | awk '{print $2}'"))
  var host: String

  @Argument(
    help: "A number, a service name, a range 4505-4511, all, top, top:N, or several with commas.")
  var ports: [String] = []

  @OptionGroup(title: "Options as in nc")
  var probe: ProbeOptions

  @Option(help: ArgumentHelp("Ask for packets from there; repeatable.", valueName: "origin"))
  var from: [String] = []

  @Flag(help: "Show the first bytes that the service sends.")
  var banner = false

  @Flag(help: "Send nothing: sockets, routes and rules alone.")
  var noProbe = false

  @Flag(help: "Do not read the firewall: connections and sockets alone.")
  var noFirewall = false

  @Option(help: "Check from inside this network namespace: a name, a path or a pid.")
  var netns: String?

  @Option(help: "How many probes may be on their way at once.")
  var parallel: Int = 1024

  @Flag(help: "Show open ports only.")
  var open = false

  @Option(help: ArgumentHelp("These states, and no others, are success.", valueName: "state,..."))
  var expect: String?

  @Option(
    defaultAsFlag: "60",
    help: ArgumentHelp("Ask again until it is as wished, at most so long.", valueName: "seconds"))
  var wait: String?

  @Flag(help: "Also print the classic commands that show the same.")
  var how = false

  @Flag(help: "One JSON document (schema reach/check/1).")
  var json = false

  @Flag(help: "One JSON result a line, as it is known.")
  var jsonLines = false

  mutating func validate() throws {
    if parallel < 1 { throw ValidationError("--parallel takes a number from 1 on") }
    _ = try expectedStates()
    _ = try waitLimit()
  }

  /// The states of `--expect`.
  func expectedStates() throws -> Set<PortState>? {
    guard let expect else { return nil }
    return try Set(
      expect.split(separator: ",", omittingEmptySubsequences: false).map { word in
        guard let state = PortState(rawValue: String(word)) else {
          let known = PortState.allCases.map(\.rawValue).joined(separator: ", ")
          throw ValidationError("--expect: \"\(word)\" is not a state; the states are \(known)")
        }
        return state
      })
  }

  func waitLimit() throws -> Duration? {
    guard let wait else { return nil }
    guard let seconds = Double(wait), seconds > 0, seconds <= 31_536_000 else {
      throw ValidationError("--wait takes seconds, not \"\(wait)\"")
    }
    return .milliseconds(Int64(seconds * 1000))
  }

  mutating func run() throws {
    let output = CheckOutput(self)
    do {
      let question = try CheckQuestionBuilder(command: self).build()
      try answer(question, output)
    } catch let error as CheckFailure {
      output.fail(error)
      throw error.status
    }
  }

  private func answer(_ question: CheckQuestion, _ output: CheckOutput) throws {
    let expected = try expectedStates()
    let deadline = try waitLimit().map { ContinuousClock.now + $0 }
    while true {
      let status: ExitStatus
      do throws(KernelError) {
        let namespace = try netns.map { name throws(KernelError) in
          try NetworkNamespace(selector: name)
        }
        status = try ask(question, expected, in: namespace, output, isLast: deadline == nil)
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
    _ question: CheckQuestion, _ expected: Set<PortState>?, in namespace: NetworkNamespace?,
    _ output: CheckOutput, isLast: Bool
  ) throws(KernelError) -> ExitStatus {
    guard let namespace else { return askHere(question, expected, output) }
    return try DedicatedThread.run(in: namespace) { () throws(KernelError) in
      askHere(question, expected, output)
    }
  }

  private func askHere(
    _ question: CheckQuestion, _ expected: Set<PortState>?, _ output: CheckOutput
  ) -> ExitStatus {
    let workflow = CheckWorkflow(question)
    output.begin(workflow)
    var states: [PortState] = []
    workflow.run(isInterrupted: { Interruption.isRequested }) { result in
      if !result.isInformational { states.append(result.finding.state) }
      output.add(result)
    }
    return ExitStatus(states: states, expected: expected)
  }
}
