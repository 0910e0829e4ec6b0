internal import Kernel
package import Model

/// Sends probes and waits for what comes of them: one thread, one epoll set, and as many sockets in
/// flight as the limits allow.
package struct ProbeEngine {
  /// How many probes may be in flight at once.
  package var parallel: Int

  package init(parallel: Int = 1024) {
    self.parallel = max(1, parallel)
  }

  /// How a run ended.
  package enum Completion: Hashable, Sendable {
    case finished
    /// `isInterrupted` said so; what was not known by then has not been reported.
    case interrupted
  }

  /// Sends one probe and waits for its outcome; `nil`: interrupted.
  package func probe(
    _ request: ProbeRequest, isInterrupted: () -> Bool = { false }
  ) -> ProbeOutcome? {
    let plan = ProbePlan(
      targets: [request.target], ports: [request.port], settings: request.settings)
    var result: ProbeOutcome?
    _ = run(plan, isInterrupted: isInterrupted) { _, outcome in result = outcome }
    return result
  }

  /// Sends every probe of a plan, host by host in turns, and reports each outcome as it is known,
  /// in no particular order, each position once.
  ///
  /// Never fails: where the host itself can't send, that is the outcome.
  ///
  /// - Parameter isInterrupted: looked at at least every 50 ms.
  package func run(
    _ plan: ProbePlan, isInterrupted: () -> Bool = { false },
    onResult: (ProbePlan.Position, ProbeOutcome) -> Void
  ) -> Completion {
    guard plan.count > 0 else { return .finished }
    let places = Self.places(min(parallel, plan.count))
    let poller: Poller
    do throws(KernelError) {
      poller = try Poller(capacity: min(places, ProbeRun.eventCapacity))
    } catch {
      let outcome = ProbeOutcome(kind: .error, error: error.errorNumber, attempts: 0)
      var order = FairOrder(hosts: plan.targets.count, ports: plan.ports.count)
      while let position = order.next(places: .max / 2) {
        if !plan.omits(position) { onResult(position, outcome) }
      }
      return .finished
    }
    var run = ProbeRun(plan, poller: poller, places: places)
    return run.finish(isInterrupted: isInterrupted, onResult: onResult)
  }

  /// How many probes can be in flight at once here, after raising the limit on open files (to the
  /// hard limit, and only where that is needed).
  package static func capacity(wanted: Int) -> Int { places(wanted) }

  /// How many sockets may be open, after raising the limit on open files where that is needed.
  private static func places(_ wanted: Int) -> Int {
    // Few sockets fit into any limit; saves the calls.
    guard wanted > 64 else { return wanted }
    // Left for everything else: standard streams, netlink, epoll, files.
    let reserve = 32
    return max(1, min(wanted, OpenFileLimit.raise(toHold: wanted + reserve) - reserve))
  }
}
