internal import Diagnosis
internal import Evaluator
internal import Kernel
internal import Model
internal import Probing

/// One probe with the kernel's trace switched on for it, and the prediction beside.
struct TraceSession {
  private let request: CheckRequest

  /// How long nothing must come after the probe before the trace counts as complete, and how long
  /// it is listened to at most.
  private static let quiet = Duration.milliseconds(40)
  private static let patience = Duration.seconds(1)

  init(_ request: CheckRequest) {
    self.request = request
  }

  /// Predicts, traces and compares.
  ///
  /// - Throws: `CheckFailure` where there is nothing to compare.
  func report() throws(CheckFailure) -> (TraceReport, RuleWords) {
    let question = try CheckQuestionBuilder(request: request).build()
    guard question.ports.count == 1, let port = question.ports.first,
      let target = question.targets.first
    else {
      throw CheckFailure(
        slug: "usage", message: "trace takes one host and one port", status: .usage)
    }
    let outcome: Result<(TraceReport, RuleWords), CheckFailure>
    do throws(KernelError) {
      let namespace = try request.namespace.map { name throws(KernelError) in
        try NetworkNamespace(selector: name)
      }
      outcome = try DedicatedThread.run(in: namespace) { () throws(KernelError) in
        var settings = question.settings
        let flow = TracedFlow(target.address, port, place: question.place)
        return Result { () throws(CheckFailure) in
          try trace(flow, &settings, others: question.targets.count - 1)
        }
      }
    } catch {
      throw Self.failure(error)
    }
    return try outcome.get()
  }

  private struct TracedFlow {
    let target: ScopedAddress
    let port: Port
    let place: String

    init(_ target: ScopedAddress, _ port: Port, place: String) {
      self.target = target
      self.port = port
      self.place = place
    }
  }

  private func trace(
    _ flow: TracedFlow, _ settings: inout ProbeSettings, others: Int
  ) throws(CheckFailure) -> (TraceReport, RuleWords) {
    let number = flow.port.number
    let view = HostView(ports: number...number, readsRuleset: true)
    guard let ruleset = view.ruleset else {
      throw CheckFailure(
        slug: view.gap?.isPermission == true ? "permission" : "unavailable",
        message: (view.gap?.message ?? "the ruleset was not read")
          + (view.gap?.isPermission == true ? "; tracing takes root: run it with sudo" : ""),
        status: view.gap?.isPermission == true ? .notPermitted : .unavailable)
    }
    do throws(KernelError) {
      try Self.chooseSource(of: flow, &settings)
    } catch {
      throw CheckFailure(
        slug: "no-route", message: "no packet can be sent to \(flow.target.address): \(error)",
        status: .not)
    }
    let prediction = Prediction(flow.target, flow.port, settings, view)
    let recorded: Recording
    do throws(KernelError) {
      recorded = try record(prediction, settings, flow, ruleset)
    } catch {
      throw Self.failure(error)
    }
    var report = compare(prediction, recorded, flow, settings, view)
    if others > 0 {
      report.remarks.append("of \(others + 1) addresses only \(flow.target.address) was traced")
    }
    return (report, RuleWords(ruleset: ruleset, interfaces: view.host.interfaces))
  }

  /// Settles the source, so that the flow is known before the probe is sent.
  private static func chooseSource(
    of flow: TracedFlow, _ settings: inout ProbeSettings
  ) throws(KernelError) {
    let target = flow.target
    if settings.source == nil {
      let query = RouteQuery(
        destination: target.address, outputInterface: target.scope,
        transportProtocol: settings.transport, destinationPort: flow.port)
      switch try RouteReader.route(for: query) {
      case .route(_, _, _, let source?, _): settings.source = source
      case .route: settings.source = target.address
      case .failure(let error):
        throw .call(name: "route", error: error, context: "asking for the route")
      }
    }
    if settings.sourcePort == nil, let source = settings.source {
      // The kernel's choice of a free port; it is taken again at once by the probe.
      let socket = try Socket(source.family, settings.transport)
      try socket.bind(
        to: source, port: Port(0), scope: source.isLinkLocal ? target.scope : nil)
      settings.sourcePort = socket.localEndpoint?.port
    }
  }

  // MARK: The trace

  private struct Recording {
    var outcome: ProbeOutcome
    var packets: TracedPackets
    var isIncomplete = false
  }

  /// Sends the probe while the table is there; it is gone when this returns.
  private func record(
    _ prediction: Prediction, _ settings: ProbeSettings, _ flow: TracedFlow, _ ruleset: Ruleset
  ) throws(KernelError) -> Recording {
    var reader = try TraceReader()
    let table = try TraceTable(
      name: "reach_trace_\(CurrentProcess.identifier)", transport: settings.transport,
      tuples: prediction.tuples)
    let request = ProbeRequest(flow.target, port: flow.port, settings: settings)
    let outcome = ProbeEngine().probe(request) { Interruption.isRequested }
    var recording = Recording(
      // Interrupted: until then it was silent.
      outcome: outcome ?? ProbeOutcome(kind: .timeout, source: prediction.query.source),
      packets: TracedPackets(
        table: table.name, ruleset: ruleset, transport: settings.transport,
        sender: prediction.query.source))
    let end = MonotonicTime.now + Self.patience
    while MonotonicTime.now < end {
      do throws(KernelError) {
        let events = try reader.events(within: Self.quiet)
        if events.isEmpty { break }
        for event in events { recording.packets.add(event) }
      } catch .call(_, .noBuffers, _) {
        recording.isIncomplete = true
      }
    }
    return recording
  }

  private func compare(
    _ prediction: Prediction, _ recorded: Recording, _ flow: TracedFlow,
    _ settings: ProbeSettings, _ view: HostView
  ) -> TraceReport {
    let number = flow.port.number
    let gatherer = EvidenceGatherer(
      view: view, place: flow.place, transport: settings.transport,
      neighbours: NeighbourWatch(
        ports: number...number, isAllowed: CurrentProcess.effectiveUserID == 0),
      prove: nil)
    let evidence = gatherer.evidence(
      for: Flow(
        transport: settings.transport, destination: flow.target.address, port: flow.port,
        origin: .here),
      scope: flow.target.scope, probe: recorded.outcome)
    var remarks: [String] = []
    let answer = recorded.packets.answer
    var reply: TraceComparison?
    if let answer, let expected = prediction.reply(answer.flags) {
      reply = TraceComparison(expected, seen: recorded.packets.reply, startsAt: answer.start)
      if answer.start == .prerouting, expected.steps.contains(where: { $0.hook == .ingress }) {
        remarks.append("the answer's way through ingress chains comes before tracing begins")
      }
    } else if answer == nil, prediction.reply(nil) != nil {
      remarks.append(
        settings.transport == .udp
          ? "no answer was traced (an ICMP error would not be)" : "no answer was traced")
    }
    let request = TraceComparison(
      prediction.request, seen: recorded.packets.request, startsAt: .output)
    let all = prediction.request.steps + (prediction.reply(answer?.flags)?.steps ?? [])
    if all.contains(where: { $0.isLegacy }) {
      remarks.append("the rules of iptables-legacy are not traced by the kernel, and not shown")
    }
    if !recorded.packets.hasRequest {
      remarks.append("the kernel traced no packet of the probe: was one sent?")
    }
    if recorded.isIncomplete { remarks.append("the kernel threw trace messages away") }
    remarks += prediction.request.assumptions.map { "assumed: " + $0 }
    return TraceReport(
      query: prediction.query, request: request, reply: reply, replyFlags: answer?.flags,
      isIncomplete: recorded.isIncomplete || !recorded.packets.hasRequest,
      finding: Diagnostician().finding(for: evidence),
      remarks: remarks)
  }

  private static func failure(_ error: KernelError) -> CheckFailure {
    CheckFailure(
      slug: error.isPermission ? "permission" : "unavailable",
      message: "\(error)" + (error.isPermission ? "; tracing takes root: run it with sudo" : ""),
      status: error.isPermission ? .notPermitted : .unavailable)
  }
}

/// What is expected of a flow, before anything is sent.
private struct Prediction {
  let query: PacketQuery
  let request: Trace
  /// By the answer that comes: what accepts, or a reset.
  private let accepted: Trace?
  private let reset: Trace?

  init(_ target: ScopedAddress, _ port: Port, _ settings: ProbeSettings, _ view: HostView) {
    let source = Endpoint(settings.source ?? target.address, port: settings.sourcePort)
    var query = PacketQuery(
      transport: settings.transport, source: source,
      destination: Endpoint(target.address, port: port))
    query.userID = CurrentProcess.effectiveUserID
    query.groupID = CurrentProcess.effectiveGroupID
    query.outputInterface = target.scope.flatMap { view.host.interface($0)?.name }
    let isLocal = view.host.owner(of: target.address) != nil
    let listener =
      isLocal
      ? view.listenerEvidence(
        settings.transport, destination: query.destination, source: source,
        device: view.host.interfaces.first { $0.isLoopback }?.index)?.matching.first : nil
    let trip = view.evaluation.roundTrip(query, answeredBy: listener?.userID)
    self.query = query
    request = trip.request
    accepted = trip.reply
    reset =
      settings.transport == .tcp
      ? view.evaluation.roundTrip(query, answer: [.rst, .ack], answeredBy: nil).reply : nil
  }

  func reply(_ flags: TCPFlags?) -> Trace? {
    flags?.contains(.rst) == true ? reset : accepted
  }

  /// Both directions of the flow, and where NAT changes them those after it.
  var tuples: [TraceTable.Tuple] {
    let source = query.source
    let destination = query.destination
    var tuples = [
      TraceTable.Tuple(source: source, destination: destination),
      TraceTable.Tuple(source: destination, destination: source),
    ]
    let delivery = request.delivery
    let newSource = delivery.source ?? source
    let newDestination = delivery.address.map {
      Endpoint($0, port: delivery.port)
    }
    guard let newDestination, newSource != source || newDestination != destination else {
      return tuples
    }
    tuples.append(TraceTable.Tuple(source: newSource, destination: newDestination))
    tuples.append(TraceTable.Tuple(source: newDestination, destination: newSource))
    return tuples
  }
}
