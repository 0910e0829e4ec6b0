internal import Kernel
internal import Model
internal import Probing

/// Gets a session its connection: to a port, to a path, or through a proxy.
struct TalkDialing {
  let request: TalkRequest

  /// A connection, and what came through it while it was made.
  struct Connection {
    var stream: ByteStream
    /// Whom it is with, for people.
    var name: String
    /// The port at the other end; `nil` for a local socket.
    var port: Port?
    var received: [UInt8] = []
  }

  /// - Throws: `CheckFailure`, or `ExitStatus` when the reason was told already.
  func connect() throws -> Connection {
    switch request.target {
    case .path(let path):
      do {
        let stream = try PathSocket.connect(to: path, isDatagram: request.check.isUDP)
        return Connection(stream: stream, name: path)
      } catch {
        throw CheckFailure(slug: "unavailable", message: "\(error)", status: .not)
      }
    case .port(let host, let ports):
      guard let proxy = request.proxy else { return try dial(host, ports) }
      return try dial(through: proxy, host, ports)
    }
  }

  private func dial(_ host: String, _ ports: [String]) throws -> Connection {
    var check = request.check
    check.host = host
    check.ports = ports
    var question = try CheckQuestionBuilder(request: check).build()
    guard question.ports.count == 1, let port = question.ports.first else {
      throw usage("talk takes one port, not \(question.ports.count)")
    }
    if host.contains(",") || host.contains("/") { throw usage("talk takes one host") }
    // Strangers are not the question here.
    question.origins = [.here]
    var outcomes: [ProbeOutcome] = []
    for target in question.targets {
      let attempt = ProbeRequest(target.address, port: port, settings: question.settings)
      switch try Dialer.dial(attempt, isInterrupted: { Interruption.isRequested }) {
      case .connected(let stream, _):
        let address = Endpoint(target.address.address, port: port).description
        let isName = target.word != target.address.address.description
        let name = isName ? "\(target.word) (\(address))" : address
        return Connection(stream: stream, name: name, port: port)
      case .failed(let outcome): outcomes.append(outcome)
      }
      if Interruption.isRequested { throw ExitStatus.interrupted }
    }
    throw explain(question, check) { $0.explain(outcomes, onResult: $1) }
  }

  /// Why no datagram gets through, found out by asking once more.
  func explainRefusal() throws -> ExitStatus {
    guard case .port(let host, let ports) = request.target else { return .not }
    var check = request.check
    check.host = host
    check.ports = ports
    var question = try CheckQuestionBuilder(request: check).build()
    question.origins = [.here]
    return explain(question, check) { workflow, report in
      workflow.run(
        asTheyCome: false, isInterrupted: { Interruption.isRequested }, onResult: report)
    }
  }

  /// Says on standard error what a check would say, and returns its exit status.
  private func explain(
    _ question: CheckQuestion, _ check: CheckRequest,
    _ ask: (CheckWorkflow, (CheckResult) -> Void) -> Void
  ) -> ExitStatus {
    let output = CheckOutput(check, to: .error)
    let workflow = CheckWorkflow(question)
    output.begin(workflow)
    var states: [PortState] = []
    ask(workflow) { result in
      states.append(result.finding.state)
      output.add(result)
    }
    output.finish()
    let status = ExitStatus(states: states, expected: nil)
    // Whatever the evidence: there is no connection.
    return status == .asWished ? .not : status
  }

  // MARK: Proxies

  private func dial(
    through proxy: TalkRequest.Proxy, _ host: String, _ words: [String]
  ) throws -> Connection {
    var check = request.check
    check.host = host
    check.ports = words
    let (target, ports) = CheckQuestionBuilder(request: check).hostAndPorts()
    let numbers = try CheckQuestionBuilder(request: check).ports(ports)
    guard numbers.count == 1, let number = numbers.first else { throw usage("talk takes one port") }
    var handshake = ProxyHandshake(proxy.kind, host: target, port: number)
    if let objection = handshake.objection { throw usage(objection) }
    var connection = try dial(proxy.host, ["\(proxy.port)"])
    let name = "the proxy \(connection.name)"
    do {
      let outcome = try handshake.run(over: connection.stream, limit: request.check.timeout) {
        Interruption.isRequested
      }
      if Interruption.isRequested { throw ExitStatus.interrupted }
      switch outcome {
      case .connected(let rest): connection.received = rest
      case .failed(let why):
        throw CheckFailure(
          slug: "unavailable",
          message: "\(name) does not connect to \(target) port \(number): \(why)",
          status: .not)
      }
    } catch let error as KernelError {
      throw CheckFailure(slug: "unavailable", message: "\(name): \(error)", status: .not)
    }
    connection.name = "\(target) port \(number) through \(name)"
    connection.port = number
    return connection
  }

  private func usage(_ message: String) -> CheckFailure {
    CheckFailure(slug: "usage", message: message, status: .usage)
  }
}
