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
  private let gatherer: EvidenceGatherer
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

  /// - Parameters:
  ///   - isInterrupted: ends the probing early; what is known then is still reported.
  ///   - onResult: is given each row as it is known, target by target and port by port.
  func run(isInterrupted: () -> Bool, onResult: (CheckResult) -> Void) {
    var outcomes: [ProbePlan.Position: ProbeOutcome] = [:]
    let plan = ProbePlan(
      targets: question.targets.map(\.address), ports: question.ports,
      settings: question.settings)
    if needsProbe {
      _ = ProbeEngine(parallel: question.parallel).run(plan, isInterrupted: isInterrupted) {
        outcomes[$0] = $1
      }
    }
    for (number, target) in question.targets.enumerated() {
      let origins = origins(for: target.address.address)
      for (place, port) in question.ports.enumerated() {
        let outcome = outcomes[ProbePlan.Position(target: number, port: place)]
        // Interrupted before its turn: nothing to report.
        if needsProbe, outcome == nil { continue }
        for result in results(target, port, origins, outcome ?? .skipped) { onResult(result) }
      }
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

  /// Whether packets are sent: from here, and toward others as proof that something listens.
  private var needsProbe: Bool {
    guard question.isProbing else { return false }
    guard !question.origins.isEmpty else { return true }
    return question.targets.contains { target in
      question.origins.contains { word in
        switch word {
        case .here: true
        case .outside: false
        case .address(let source, _, _):
          view.host.owner(of: source) != nil || view.host.owner(of: target.address.address) == nil
        }
      }
    }
  }

  // MARK: Rows

  private func results(
    _ target: CheckQuestion.Target, _ port: Port, _ origins: [Origin], _ outcome: ProbeOutcome
  ) -> [CheckResult] {
    var results: [CheckResult] = []
    for origin in origins {
      var destination = target.address.address
      var probe = outcome
      if case .outside(let interface, _, _) = origin {
        // Nobody outside can ask for a loopback address: they ask for the device's own.
        if destination.isLoopback {
          guard let own = address(of: interface, destination.family) else { continue }
          destination = own
        }
        probe = .skipped
      }
      let flow = Flow(
        transport: question.settings.transport, destination: destination, port: port,
        origin: origin)
      let evidence = gatherer.evidence(for: flow, scope: target.address.scope, probe: probe)
      var finding = Diagnostician().finding(for: evidence)
      if let remedy = Remedy(view: view, gatherer: gatherer).suggestion(evidence, finding) {
        finding.suggestion = remedy
      }
      let result = CheckResult(
        evidence: evidence, finding: finding, service: serviceName(port), target: target.word,
        scope: target.address.scope.flatMap { view.host.interface($0)?.name },
        isInformational: question.origins.isEmpty && origin != .here)
      if !results.contains(where: { Self.saysTheSame($0, result) }) { results.append(result) }
    }
    return results
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
