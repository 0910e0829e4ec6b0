internal import Diagnosis
internal import Kernel
internal import Model
internal import Probing

/// A check from question to findings: probes, then evidence and a diagnosis for every flow.
///
/// Runs on one thread, in whose network namespace everything is read and sent.
struct CheckWorkflow {
  let question: CheckQuestion
  private let view: HostView
  let gatherer: EvidenceGatherer
  private let services = ServiceDatabase()

  init(_ question: CheckQuestion) {
    self.question = question
    let numbers = question.ports.map(\.number)
    let ports = (numbers.min() ?? 1)...(numbers.max() ?? .max)
    view = HostView(ports: ports, readsRuleset: question.readsFirewall)
    gatherer = EvidenceGatherer(
      view: view, place: question.place, transport: question.settings.transport,
      neighbours: NeighbourWatch(ports: ports, isAllowed: CurrentProcess.effectiveUserID == 0),
      prove: question.isProbing ? { Self.prove($0, question.settings) } : nil)
  }

  /// Why the ruleset is missing, if it is.
  var gap: HostView.RulesetGap? { view.gap }
  var interfaces: [Interface] { view.host.interfaces }
  var ruleset: Ruleset { view.ruleset ?? Ruleset() }

  func isLocal(_ address: IPAddress) -> Bool { view.host.owner(of: address) != nil }

  /// Whether rules and sockets are known well enough to tell how a port is without a probe.
  var canForetell: Bool {
    view.ruleset != nil && view.host.gaps.isEmpty && view.host.otherFilters.isEmpty
  }

  /// - Parameters:
  ///   - asTheyCome: whether rows are given in the order of their probes' ends rather than target
  ///     by target and port by port at the end. Looking evidence up meanwhile delays other probes a
  ///     bit.
  ///   - isInterrupted: ends the probing early; what is known then is still reported.
  ///   - onResult: is given each row as it is known.
  func run(
    asTheyCome: Bool, isInterrupted: () -> Bool, onResult: (CheckResult) -> Void
  ) {
    let settings = probeSettings
    let isAtOnce = asTheyCome && settings.count == 1
    var outcomes: [ProbeSettings: [ProbePlan.Position: ProbeOutcome]] = [:]
    for settings in settings {
      let plan = ProbePlan(
        targets: question.targets.map(\.address), ports: question.ports, settings: settings)
      _ = ProbeEngine(parallel: question.parallel).run(plan, isInterrupted: isInterrupted) {
        position, outcome in
        if isAtOnce {
          results(position, [settings: outcome]).forEach(onResult)
        } else {
          outcomes[settings, default: [:]][position] = outcome
        }
      }
    }
    guard !isAtOnce else { return }
    for target in question.targets.indices {
      for port in question.ports.indices {
        // Without probes, looking evidence up is what takes long.
        if settings.isEmpty, isInterrupted() { return }
        let position = ProbePlan.Position(target: target, port: port)
        let known = outcomes.compactMapValues { $0[position] }
        // Interrupted before its turn: nothing to report.
        if known.isEmpty, !settings.isEmpty { continue }
        results(position, known).forEach(onResult)
      }
    }
  }

  /// The rows of a connection that somebody else tried: one outcome for each target, on the first
  /// port.
  func explain(_ outcomes: [ProbeOutcome], onResult: (CheckResult) -> Void) {
    for (target, outcome) in zip(question.targets.indices, outcomes) where !question.ports.isEmpty {
      let position = ProbePlan.Position(target: target, port: 0)
      results(position, [question.settings: outcome]).forEach(onResult)
    }
  }

  /// An ordinary probe from here.
  private static func prove(_ endpoint: Endpoint, _ settings: ProbeSettings) -> ProbeOutcome? {
    guard let port = endpoint.port else { return nil }
    var settings = settings
    settings.source = nil
    settings.sourcePort = nil
    let request = ProbeRequest(ScopedAddress(endpoint.address), port: port, settings: settings)
    return ProbeEngine().probe(request, isInterrupted: { Interruption.isRequested })
  }

  // MARK: Origins

  private func origins(for address: IPAddress) -> [Origin] {
    let isLocal = view.host.owner(of: address) != nil
    guard !question.origins.isEmpty else {
      // So many rows about strangers would drown the answer.
      let asksOutside = isLocal && question.ports.count <= 64 && view.ruleset != nil
      return [.here] + (asksOutside ? view.outsideOrigins(for: address.family) : [])
    }
    return question.origins.flatMap { word -> [Origin] in
      switch word {
      case .here: [.here]
      case .outside: view.outsideOrigins(for: address.family)
      case .address(let source, let port, let interface):
        [.address(source, port: port, interface: interface)]
      }
    }
  }

  /// The different ways in which packets are sent; none where evidence alone is asked for.
  private var probeSettings: [ProbeSettings] {
    let origins = question.origins.isEmpty ? [.here] : question.origins
    var found: [ProbeSettings] = []
    for origin in origins {
      let words = question.targets.compactMap { settings(for: origin, to: $0.address.address) }
      for settings in words where !found.contains(settings) { found.append(settings) }
    }
    return found
  }

  /// How packets are sent for rows from an origin; `nil`: none are.
  private func settings(
    for origin: CheckQuestion.OriginWord, to target: IPAddress
  ) -> ProbeSettings? {
    guard question.isProbing else { return nil }
    switch origin {
    case .here: return question.settings
    case .outside: return nil
    case .address(let source, let port, nil) where view.host.owner(of: source) != nil:
      guard source.family == target.family else { return nil }
      var settings = question.settings
      settings.source = source
      settings.sourcePort = port ?? settings.sourcePort
      return settings
    case .address:
      // Nobody can send from a stranger's address, but that something listens can be shown. Of this
      // host's own sockets that is known already.
      return view.host.owner(of: target) == nil ? question.settings : nil
    }
  }

  private func probe(
    _ origin: Origin, to target: IPAddress, among outcomes: [ProbeSettings: ProbeOutcome]
  ) -> ProbeOutcome? {
    let word: CheckQuestion.OriginWord
    switch origin {
    case .here: word = .here
    case .outside: word = .outside
    case .address(let source, let port, let interface):
      word = .address(source, port: port, interface: interface)
    }
    guard let settings = settings(for: word, to: target) else { return .skipped }
    return outcomes[settings]
  }

  // MARK: Rows

  /// The rows of one target and port, from every origin whose probe, if it needs one, is over.
  private func results(
    _ position: ProbePlan.Position, _ outcomes: [ProbeSettings: ProbeOutcome]
  ) -> [CheckResult] {
    let target = question.targets[position.target]
    let port = question.ports[position.port]
    var results: [CheckResult] = []
    for origin in origins(for: target.address.address) {
      var destination = target.address.address
      guard let probe = probe(origin, to: destination, among: outcomes) else { continue }
      if case .outside(let interface, _, _) = origin, destination.isLoopback {
        // Nobody outside can ask for a loopback address: they ask for the device's own.
        guard let own = address(of: interface, destination.family) else { continue }
        destination = own
      }
      let flow = Flow(
        transport: question.settings.transport, destination: destination, port: port,
        origin: origin)
      let result = result(flow, target, probe, serviceName(port))
      if !results.contains(where: { Self.saysTheSame($0, result) }) { results.append(result) }
    }
    return results
  }

  /// The row of one port, asked from here.
  func result(
    _ port: Port, of target: CheckQuestion.Target, probe: ProbeOutcome, service: String?
  ) -> CheckResult {
    let flow = Flow(
      transport: question.settings.transport, destination: target.address.address, port: port,
      origin: .here)
    return result(flow, target, probe, service)
  }

  private func result(
    _ flow: Flow, _ target: CheckQuestion.Target, _ probe: ProbeOutcome, _ service: String?
  ) -> CheckResult {
    let evidence = gatherer.evidence(for: flow, scope: target.address.scope, probe: probe)
    var finding = Diagnostician().finding(for: evidence)
    if let remedy = Remedy(view: view, gatherer: gatherer).suggestion(evidence, finding) {
      finding.suggestion = remedy
    }
    return CheckResult(
      evidence: evidence, finding: finding, service: service, target: target.word,
      scope: target.address.scope.flatMap { view.host.interface($0)?.name },
      isInformational: question.origins.isEmpty && flow.origin != .here)
  }

  /// Strangers on one device who fare alike need only one row.
  private static func saysTheSame(_ a: CheckResult, _ b: CheckResult) -> Bool {
    guard case .outside(let first, _, _) = a.evidence.flow.origin,
      case .outside(let second, _, _) = b.evidence.flow.origin
    else { return false }
    return first == second && a.finding.state == b.finding.state
      && a.finding.cause == b.finding.cause
      && a.finding.firewall?.decidedBy == b.finding.firewall?.decidedBy
  }

  private func address(of interface: String, _ family: IPFamily) -> IPAddress? {
    view.host.interface(named: interface)?.addresses.first {
      $0.address.family == family && !$0.address.isLinkLocal
    }?.address
  }

  private func serviceName(_ port: Port) -> String? {
    services.service(on: port, transport: question.settings.transport)?.name
  }
}
