internal import Kernel
internal import Model

/// The state of one run of the engine.
struct ProbeRun: ~Copyable {
  /// A probe that has a socket.
  private struct Slot {
    var attempt: (any Attempt)?
    var turn: Turn
    /// Counts what used this slot before, so that an old alarm is known for one.
    var generation: UInt32 = 0
    /// The alarm that holds; others in the queue are old.
    var alarm: MonotonicTime
  }

  /// Which probe, and its history.
  private struct Turn {
    var position: ProbePlan.Position
    var first: MonotonicTime
    var failures = 0
  }

  private struct Alarm {
    var slot: Int
    var generation: UInt32
    var time: MonotonicTime
  }

  private let plan: ProbePlan
  private var poller: Poller
  /// Lowered when the host runs out of descriptors.
  private var places: Int
  private var order: FairOrder
  private var slots: [Slot] = []
  private var free: [Int] = []
  private var alarms = DeadlineQueue<Alarm>()
  private var retries = DeadlineQueue<Turn>()
  private var retryCount = 0
  private var inFlight: Int { slots.count - free.count }

  /// More open connections than this are closed with a reset, so that a scan leaves no thousands of
  /// ports in TIME_WAIT; fewer are closed politely, as nc does.
  private static let politeLimit = 512
  /// How many probes are sent between two looks at what came back.
  private static let burst = 32

  init(_ plan: ProbePlan, poller: consuming Poller, places: Int) {
    self.plan = plan
    self.poller = poller
    self.places = places
    order = FairOrder(hosts: plan.targets.count, ports: plan.ports.count)
  }

  mutating func finish(
    isInterrupted: () -> Bool, onResult: (ProbePlan.Position, ProbeOutcome) -> Void
  ) -> ProbeEngine.Completion {
    while true {
      if isInterrupted() { return .interrupted }
      let mayHaveMore = admit(onResult)
      if inFlight == 0 && retryCount == 0 && order.isExhausted { return .finished }
      collect(mayHaveMore: mayHaveMore, onResult)
      ring(onResult)
    }
  }

  /// Sends probes while there are places; at most a burst.
  ///
  /// - Returns: whether the burst ended for its size alone.
  private mutating func admit(
    _ onResult: (ProbePlan.Position, ProbeOutcome) -> Void
  ) -> Bool {
    for _ in 0..<Self.burst {
      guard inFlight < places else { return false }
      let now = MonotonicTime.now
      if var again = retries.popDue(at: now) {
        retryCount -= 1
        again.failures += 1
        begin(again, at: now, onResult)
      } else if let position = order.next(places: places) {
        begin(Turn(position: position, first: now), at: now, onResult)
      } else {
        return false
      }
    }
    return true
  }

  private mutating func begin(
    _ turn: Turn, at now: MonotonicTime, _ onResult: (ProbePlan.Position, ProbeOutcome) -> Void
  ) {
    let request = plan[turn.position]
    let attempt: any Attempt
    do throws(OpeningError) {
      attempt = try make(request)
    } catch {
      if error.number.isShortage {
        // Fewer at a time, then; what is in flight now is what the host can bear.
        if error.number == .processFiles || error.number == .systemFiles {
          places = max(1, inFlight)
        }
        retry(turn, error.number, at: now, onResult)
      } else {
        end(turn.position, error.outcome, onResult)
      }
      return
    }
    switch attempt.start(at: .now) {
    case .done(let outcome): end(turn.position, outcome, onResult)
    case .again(let error): retry(turn, error, at: now, onResult)
    case .waiting(let time): place(attempt, turn, until: time, at: now, onResult)
    }
  }

  private func make(_ request: ProbeRequest) throws(OpeningError) -> any Attempt {
    if request.settings.transport == .udp { return try DatagramProbe(request) }
    let mustNotLinger = request.settings.sourcePort != nil || plan.count > Self.politeLimit
    return try ConnectProbe(request, closesWithReset: mustNotLinger)
  }

  /// Gives a started probe a slot, and watches it.
  private mutating func place(
    _ attempt: any Attempt, _ turn: Turn, until time: MonotonicTime, at now: MonotonicTime,
    _ onResult: (ProbePlan.Position, ProbeOutcome) -> Void
  ) {
    let index: Int
    if let last = free.popLast() {
      index = last
      slots[index].attempt = attempt
      slots[index].turn = turn
      slots[index].alarm = time
    } else {
      index = slots.count
      slots.append(Slot(attempt: attempt, turn: turn, alarm: time))
    }
    do throws(KernelError) {
      try attempt.watch(with: poller, token: UInt64(index))
      let alarm = Alarm(slot: index, generation: slots[index].generation, time: time)
      alarms.insert(alarm, at: time)
    } catch {
      release(index)
      retry(turn, error.errorNumber ?? .inputOutput, at: now, onResult)
    }
  }

  /// Waits for events and hands them to their probes.
  private mutating func collect(
    mayHaveMore: Bool, _ onResult: (ProbePlan.Position, ProbeOutcome) -> Void
  ) {
    // The interrupt flag is looked at between waits.
    var until = MonotonicTime.now + (mayHaveMore ? .zero : .milliseconds(50))
    if let alarm = alarms.first { until = min(until, alarm) }
    if let retry = retries.first, inFlight < places { until = min(until, retry) }
    var ready: [(slot: Int, readiness: Readiness)] = []
    do throws(KernelError) {
      _ = try poller.wait(until: until) { ready.append((Int(truncatingIfNeeded: $0), $1)) }
    } catch {
      // epoll_wait(2) fails only for bad arguments; the alarms still end every probe.
      return
    }
    let now = MonotonicTime.now
    for (index, readiness) in ready {
      guard slots.indices.contains(index), let attempt = slots[index].attempt else { continue }
      proceed(index, attempt.handle(readiness, at: now), at: now, onResult)
    }
  }

  /// Wakes the probes whose time has come.
  private mutating func ring(_ onResult: (ProbePlan.Position, ProbeOutcome) -> Void) {
    let now = MonotonicTime.now
    while let alarm = alarms.popDue(at: now) {
      let slot = slots[alarm.slot]
      guard slot.generation == alarm.generation, slot.alarm == alarm.time,
        let attempt = slot.attempt
      else { continue }
      proceed(alarm.slot, attempt.wake(at: now), at: now, onResult)
    }
  }

  private mutating func proceed(
    _ index: Int, _ progress: Progress, at now: MonotonicTime,
    _ onResult: (ProbePlan.Position, ProbeOutcome) -> Void
  ) {
    let turn = slots[index].turn
    switch progress {
    case .waiting(let time):
      // Never at once again: each alarm moves on, so that the loop ends.
      let time = max(time, now + .microseconds(100))
      guard time != slots[index].alarm else { return }
      slots[index].alarm = time
      let alarm = Alarm(slot: index, generation: slots[index].generation, time: time)
      alarms.insert(alarm, at: time)
    case .done(let outcome):
      release(index)
      end(turn.position, outcome, onResult)
    case .again(let error):
      release(index)
      retry(turn, error, at: now, onResult)
    }
  }

  /// Closes the socket of a slot.
  private mutating func release(_ index: Int) {
    slots[index].attempt = nil
    slots[index].generation &+= 1
    free.append(index)
  }

  private mutating func end(
    _ position: ProbePlan.Position, _ outcome: ProbeOutcome,
    _ onResult: (ProbePlan.Position, ProbeOutcome) -> Void
  ) {
    order.ended(target: position.target)
    onResult(position, outcome)
  }

  /// Tries again soon, or takes the error as the outcome where waiting won't help.
  private mutating func retry(
    _ turn: Turn, _ error: ErrorNumber, at now: MonotonicTime,
    _ onResult: (ProbePlan.Position, ProbeOutcome) -> Void
  ) {
    // No port, and few in use: the cause is another one, such as IPv6 being disabled.
    let isHopeless = !error.isShortage && inFlight < 64 && turn.failures >= 3
    guard !isHopeless, now < turn.first + plan.settings.timeout else {
      end(turn.position, ProbeOutcome(kind: .error, error: error), onResult)
      return
    }
    retryCount += 1
    let delay = Duration.milliseconds(2 << min(turn.failures, 5))
    retries.insert(turn, at: now + delay)
  }
}
