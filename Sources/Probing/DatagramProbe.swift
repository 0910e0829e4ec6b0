internal import Kernel
internal import Model

/// A UDP question, asked up to three times within the timeout.
///
/// The socket is connected, so that ICMP errors find it, and with the error queue on, so that it
/// hears of all of them. A service that answers from another port (TFTP) is asked without
/// connect(2); the error queue serves there as well.
final class DatagramProbe: Attempt {
  private let request: ProbeRequest
  private let reader: OutcomeReader
  private let question: DatagramQuestion
  private let socket: Socket
  private var started = MonotonicTime.now
  private var source: Endpoint?
  private var sent = 0

  /// The most that is kept of an answer, in bytes.
  private static let answerLimit = 1024
  private static let tries = 3

  init(_ request: ProbeRequest) throws(OpeningError) {
    reader = OutcomeReader(request: request)
    var request = request
    switch request.settings.payload {
    case .automatic: question = DatagramQuestion.usual(for: request.port)
    case .bytes(let bytes): question = DatagramQuestion(bytes)
    }
    if question.isAnsweredFromAnyPort, request.settings.source == nil {
      // Without connect(2) the source would not be known before the answer.
      request.settings.source = Self.sourceAddress(request)
    }
    self.request = request
    socket = try Socket.make(request)
  }

  func watch(with poller: borrowing Poller, token: UInt64) throws(KernelError) {
    try poller.watch(socket, token: token)
  }

  func start(at now: MonotonicTime) -> Progress {
    started = now
    do throws(KernelError) {
      if !question.isAnsweredFromAnyPort {
        _ = try socket.connect(
          to: request.target.address, port: request.port, scope: request.target.scope)
      }
    } catch {
      let number = error.errorNumber ?? .inputOutput
      if number == .tryAgain || number.isShortage { return .again(number) }
      return finish(ProbeOutcome(kind: .error, error: number), at: .now)
    }
    source = socket.localEndpoint
    // The kernel chose the very port that is asked for, so that the question would answer itself.
    if source == Endpoint(request.target.address, port: request.port) {
      return .again(.addressInUse)
    }
    let progress = ask(at: now)
    source = source ?? socket.localEndpoint
    return progress
  }

  func handle(_ readiness: Readiness, at now: MonotonicTime) -> Progress {
    do throws(KernelError) {
      while true {
        guard let answer = try receive() else { break }
        // From a stranger: not an answer, though it came to our port.
        guard let sender = answer.sender, sender.address == request.target.address else { continue }
        var outcome = ProbeOutcome(kind: .connected)
        if request.settings.wantsBanner { outcome.banner = answer.bytes }
        return finish(outcome, at: now)
      }
    } catch {
      return refused(error.errorNumber ?? .inputOutput, at: now)
    }
    // An error may be in the queue alone, where it is no error of the next call.
    if !readiness.isDisjoint(with: .failed), let entry = reader.icmp(socket, source: source) {
      return finish(reader.outcome(of: entry), at: now)
    }
    return .waiting(until: nextTime)
  }

  func wake(at now: MonotonicTime) -> Progress {
    if now >= started + request.settings.timeout {
      var outcome = ProbeOutcome(kind: .timeout, attempts: sent)
      outcome.source = source
      return .done(outcome)
    }
    return now >= nextTime ? ask(at: now) : .waiting(until: nextTime)
  }

  /// When to ask again, or to give up: at the thirds of the timeout.
  private var nextTime: MonotonicTime {
    let timeout = request.settings.timeout
    return started + (sent >= Self.tries ? timeout : timeout * sent / Self.tries)
  }

  private func receive() throws(KernelError) -> (bytes: [UInt8], sender: Endpoint?)? {
    if question.isAnsweredFromAnyPort {
      return try socket.receiveFrom(limit: Self.answerLimit).map { ($0.bytes, $0.sender) }
    }
    return try socket.receive(limit: Self.answerLimit).map {
      ($0, Endpoint(request.target.address, port: request.port))
    }
  }

  private func ask(at now: MonotonicTime) -> Progress {
    sent += 1
    let target = request.target
    do throws(KernelError) {
      if question.isAnsweredFromAnyPort {
        _ = try socket.send(
          question.bytes, to: target.address, port: request.port, scope: target.scope)
      } else {
        _ = try socket.send(question.bytes)
      }
    } catch {
      let number = error.errorNumber ?? .inputOutput
      // Full queues: the next try is the cure.
      if number.isShortage { return .waiting(until: nextTime) }
      return refused(number, at: .now)
    }
    return .waiting(until: nextTime)
  }

  /// The outcome of a failed send or receive: the ICMP error behind it, if there is one.
  ///
  /// EPERM is this host's own firewall (or a cgroup program) refusing to send; where it rejects,
  /// the ICMP error comes along.
  private func refused(_ error: ErrorNumber, at now: MonotonicTime) -> Progress {
    let entry = reader.icmp(socket, source: source ?? socket.localEndpoint)
    if error == .notPermitted {
      return finish(ProbeOutcome(kind: .error, error: error, icmp: entry?.icmp), at: now)
    }
    if let entry { return finish(reader.outcome(of: entry), at: now) }
    let kind: ProbeOutcome.Kind = error == .connectionRefused ? .refused : .error
    return finish(ProbeOutcome(kind: kind, error: error), at: now)
  }

  private func finish(_ outcome: ProbeOutcome, at now: MonotonicTime) -> Progress {
    var outcome = outcome
    outcome.source = source ?? socket.localEndpoint
    outcome.attempts = max(1, sent)
    outcome.roundTrip = now - started
    return .done(outcome)
  }

  /// The address from which the kernel would send to the target.
  private static func sourceAddress(_ request: ProbeRequest) -> IPAddress? {
    guard let socket = try? Socket.make(request),
      (try? socket.connect(
        to: request.target.address, port: request.port, scope: request.target.scope)) != nil
    else { return nil }
    return socket.localEndpoint?.address
  }
}
