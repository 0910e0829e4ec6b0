package import Kernel
package import Model

/// Makes one connection to talk over, by the same means as a probe.
package enum Dialer {
  /// A connection, or what happened instead.
  package enum Result {
    case connected(ByteStream, ProbeOutcome)
    case failed(ProbeOutcome)
  }

  /// How often a connection that met a shortage of this host is begun again.
  private static let retryLimit = 20

  /// Connects; a datagram socket only remembers its peer.
  ///
  /// - Parameter isInterrupted: is asked after each signal, and ends the attempt.
  /// - Throws: `KernelError` when nothing can be waited for.
  package static func dial(
    _ request: ProbeRequest, isInterrupted: () -> Bool
  ) throws(KernelError) -> Result {
    if request.settings.transport == .udp { return remember(request) }
    var last = ProbeOutcome(kind: .error, error: .inputOutput, attempts: 0)
    for _ in 0..<retryLimit where !isInterrupted() {
      let probe: ConnectProbe
      do throws(OpeningError) {
        probe = try ConnectProbe(request, closesWithReset: false)
      } catch {
        return .failed(error.outcome)
      }
      switch try finish(probe, isInterrupted: isInterrupted) {
      case .done(let outcome) where outcome.kind == .connected && outcome.error == nil:
        return .connected(try probe.stream(), outcome)
      case .done(let outcome): return .failed(outcome)
      case .waiting: return .failed(ProbeOutcome(kind: .timeout))
      case .again(let number):
        last.error = number
        CurrentProcess.sleep(.milliseconds(50))
      }
    }
    return .failed(last)
  }

  /// Runs a probe to its end; `waiting` means that it was interrupted.
  private static func finish(
    _ probe: ConnectProbe, isInterrupted: () -> Bool
  ) throws(KernelError) -> Progress {
    var poller = try Poller(capacity: 4)
    var progress = probe.start(at: .now)
    var isWatched = false
    while case .waiting(let deadline) = progress, !isInterrupted() {
      if !isWatched { try probe.watch(with: poller, token: 1) }
      isWatched = true
      var ready: Readiness = []
      let count = try poller.wait(until: deadline) { ready.formUnion($1) }
      progress = count > 0 ? probe.handle(ready, at: .now) : probe.wake(at: .now)
    }
    return progress
  }

  private static func remember(_ request: ProbeRequest) -> Result {
    do {
      let socket = try Socket.make(request)
      _ = try socket.connect(
        to: request.target.address, port: request.port, scope: request.target.scope)
      let source = socket.localEndpoint
      return .connected(
        ByteStream(socket), ProbeOutcome(kind: .skipped, attempts: 0, source: source))
    } catch let error as OpeningError {
      return .failed(error.outcome)
    } catch {
      let number = (error as? KernelError)?.errorNumber
      return .failed(ProbeOutcome(kind: .error, error: number ?? .inputOutput))
    }
  }
}
