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
    var failures: UInt8 = 0
    /// How often it was asked in vain.
    var repetition: UInt8 = 0
    /// How many packets that took.
    var packets: UInt16 = 0
  }

  private struct Alarm {
    var slot: Int
    var generation: UInt32
    var time: MonotonicTime
  }

  private let plan: ProbePlan
  private var poller: Poller
  /// How many may be in flight now.
  private var window: ProbeWindow
  private var order: FairOrder
  /// Of each target, in bulk runs.
  private var timing: [RoundTripEstimate]
  /// Silent so far, to be asked once more when all others have been asked.
  private var silent: [Turn] = []
  private let isBulk: Bool
  private let mustReset: Bool
  private var slots: [Slot] = []
  private var free: [Int] = []
  private var alarms = DeadlineQueue<Alarm>()
  private var retries = DeadlineQueue<Turn>()
  private var retryCount = 0
  private var inFlight: Int { slots.count - free.count }

  /// More open connections than this are closed with a reset, so that a scan leaves no thousands of
  /// ports in TIME_WAIT; fewer are closed politely, as nc does.
  private static let politeLimit = 512
  /// How many events one wait takes.
  static let eventCapacity = 256
  /// How often a silent port of a host that answers elsewhere is asked once more.
  private static let repetitions: UInt8 = 1
  /// How many probes are sent between two looks at what came back.
  private static let burst = 32

  init(_ plan: ProbePlan, poller: consuming Poller, places: Int) {
    self.plan = plan
    self.poller = poller
    isBulk = plan.isBulk
    mustReset = plan.count > Self.politeLimit
    let isDatagram = plan.settings.transport == .udp
    window =
      isBulk
      ? ProbeWindow(start: isDatagram ? 256 : 1024, floor: isDatagram ? 16 : 64, limit: places)
      : ProbeWindow(start: places, floor: places, limit: places)
    order = FairOrder(
      hosts: plan.targets.count, ports: plan.ports.count,
      sequence: isBulk ? FairOrder.likelyFirst(plan.ports) : nil)
    timing = Array(repeating: RoundTripEstimate(), count: isBulk ? plan.targets.count : 0)
  }

  mutating func finish(
    isInterrupted: () -> Bool, onResult: (ProbePlan.Position, ProbeOutcome) -> Void
  ) -> ProbeEngine.Completion {
    while true {
      if isInterrupted() { return .interrupted }
      let mayHaveMore = admit(onResult)
      if inFlight == 0 && retryCount == 0 && silent.isEmpty && order.isExhausted {
        return .finished
      }
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
      guard inFlight < window.size else { return false }
      let now = MonotonicTime.now
      if var again = retries.popDue(at: now) {
        retryCount -= 1
        again.failures = min(again.failures, 254) + 1
        begin(again, at: now, onResult)
      } else if let position = nextPosition() {
        begin(Turn(position: position, first: now), at: now, onResult)
      } else if let again = silent.popLast() {
        order.began(target: again.position.target)
        begin(again, at: now, onResult)
      } else {
        return false
      }
    }
    return true
  }

  private mutating func nextPosition() -> ProbePlan.Position? {
    while let position = order.next(places: window.size) {
      if !plan.omits(position) { return position }
      order.ended(target: position.target)
    }
    return nil
  }

  private mutating func begin(
    _ turn: Turn, at now: MonotonicTime, _ onResult: (ProbePlan.Position, ProbeOutcome) -> Void
  ) {
    let request = plan[turn.position]
    let attempt: any Attempt
    do throws(OpeningError) {
      attempt = try make(request, turn)
    } catch {
      if error.number.isShortage {
        // Fewer at a time, then; what is in flight now is what the host can bear.
        if error.number == .processFiles || error.number == .systemFiles {
          window.cap(at: inFlight)
        }
        retry(turn, error.number, at: now, onResult)
      } else {
        end(turn, error.outcome, at: now, onResult)
      }
      return
    }
    var progress = attempt.start(at: .now)
    // A target near by has refused already, which spares the poller the work.
    if isBulk, case .waiting = progress { progress = attempt.handle([], at: .now) }
    switch progress {
    case .done(let outcome): end(turn, outcome, at: now, onResult)
    case .again(let error): retry(turn, error, at: now, onResult)
    case .waiting(let time): place(attempt, turn, until: time, at: now, onResult)
    }
  }

  private func make(_ request: ProbeRequest, _ turn: Turn) throws(OpeningError) -> any Attempt {
    if request.settings.transport == .udp { return try DatagramProbe(request) }
    let mustNotLinger = request.settings.sourcePort != nil || mustReset
    guard isBulk else { return try ConnectProbe(request, closesWithReset: mustNotLinger) }
    let patience = timing[turn.position.target].timeout(
      repetition: Int(turn.repetition), limit: request.settings.timeout)
    return try ConnectProbe(
      request, closesWithReset: mustNotLinger, patience: patience, isBulk: true)
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
    if let retry = retries.first, inFlight < window.size { until = min(until, retry) }
    var ready: [(slot: Int, readiness: Readiness)] = []
    do throws(KernelError) {
      var count = try poller.wait(until: until) { ready.append((Int(truncatingIfNeeded: $0), $1)) }
      // Everything that has come is looked at before an alarm may call it silent.
      while count >= Self.eventCapacity {
        count = try poller.wait(until: until) { ready.append((Int(truncatingIfNeeded: $0), $1)) }
      }
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
      end(turn, outcome, at: now, onResult)
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
    _ turn: Turn, _ outcome: ProbeOutcome, at now: MonotonicTime,
    _ onResult: (ProbePlan.Position, ProbeOutcome) -> Void
  ) {
    order.ended(target: turn.position.target)
    var outcome = outcome
    if isBulk {
      if asksOnceMore(turn, outcome, at: now) { return }
      learn(from: outcome, turn, at: now)
      outcome.attempts += Int(turn.packets)
    }
    onResult(turn.position, outcome)
  }

  /// Puts a silent port back, where others of the host have answered: its answer may be lost.
  private mutating func asksOnceMore(
    _ turn: Turn, _ outcome: ProbeOutcome, at now: MonotonicTime
  ) -> Bool {
    guard outcome.kind == .timeout, plan.settings.transport == .tcp,
      turn.repetition < Self.repetitions, timing[turn.position.target].isKnown
    else { return false }
    window.grow()
    var turn = turn
    turn.repetition += 1
    turn.packets &+= UInt16(clamping: outcome.attempts)
    turn.failures = 0
    turn.first = now
    silent.append(turn)
    return true
  }

  private mutating func learn(from outcome: ProbeOutcome, _ turn: Turn, at now: MonotonicTime) {
    let wasRepeated = turn.repetition > 0 || outcome.attempts > 1
    switch outcome.kind {
    case .connected, .refused, .icmp:
      if wasRepeated {
        window.shrink(at: now)
      } else {
        window.grow()
        // RFC 6298, section 3 (Karn): of a repeated question nobody knows which one was answered.
        if let time = outcome.roundTrip { timing[turn.position.target].add(time) }
      }
    case .timeout, .error, .skipped:
      window.grow()
    }
  }

  /// Tries again soon, or takes the error as the outcome where waiting won't help.
  private mutating func retry(
    _ turn: Turn, _ error: ErrorNumber, at now: MonotonicTime,
    _ onResult: (ProbePlan.Position, ProbeOutcome) -> Void
  ) {
    // No port, and few in use: the cause is another one, such as IPv6 being disabled.
    let isHopeless = !error.isShortage && inFlight < 64 && turn.failures >= 3
    // In bulk the others in flight give back in time what is short now.
    let limit = isBulk ? max(plan.settings.timeout, .seconds(30)) : plan.settings.timeout
    guard !isHopeless, now < turn.first + limit else {
      end(turn, ProbeOutcome(kind: .error, error: error), at: now, onResult)
      return
    }
    retryCount += 1
    let delay = Duration.milliseconds(2 << min(turn.failures, 5))
    retries.insert(turn, at: now + delay)
  }
}
