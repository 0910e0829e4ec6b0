internal import Evaluator
internal import Model

/// Makes the rows of one target: of ports that fare alike the evidence is gathered once.
final class ScanRowMaker {
  private struct Key: Hashable {
    var group: Int
    var outcome: OutcomeStore.Kind
  }

  private let check: CheckWorkflow
  private let target: CheckQuestion.Target
  private let sorting: PortSorting?
  private let services: [Port: String]
  private var templates: [Key: ScanTemplate] = [:]
  /// Whether a group is told for certain.
  private var toldGroups: [Int: Bool] = [:]
  /// Results of single ports that were told without a probe.
  private var toldPorts: [Port: ScanTemplate] = [:]
  /// Whether this host is the target.
  let isLocal: Bool

  init(
    check: CheckWorkflow, target: CheckQuestion.Target, sorting: PortSorting?,
    services: [Port: String]
  ) {
    self.check = check
    self.target = target
    self.sorting = sorting
    self.services = services
    isLocal = check.isLocal(target.address.address)
  }

  /// The row of a port whose probe, if any, is over.
  func row(_ port: Port, _ outcome: ProbeOutcome) -> ScanRow {
    ScanRow(
      template: template(port, outcome), port: port, outcome: outcome, service: services[port])
  }

  private func template(_ port: Port, _ outcome: ProbeOutcome) -> ScanTemplate {
    // A connection has its own source, and somebody who took it.
    guard let group = group(of: port), outcome.kind != .connected, !outcome.failedToBind else {
      if outcome.kind == .skipped, let known = toldPorts.removeValue(forKey: port) { return known }
      return make(port, outcome)
    }
    let key = Key(group: group, outcome: OutcomeStore.Kind(outcome))
    if let known = templates[key] { return known }
    let made = make(port, outcome)
    templates[key] = made
    return made
  }

  /// The group of a port; `nil` for one that has to be looked at by itself.
  private func group(of port: Port) -> Int? {
    guard let sorting, !sorting.bound.contains(port) else { return nil }
    return sorting.groups[port]
  }

  private func make(_ port: Port, _ outcome: ProbeOutcome) -> ScanTemplate {
    ScanTemplate(check.result(port, of: target, probe: outcome, service: services[port]))
  }

  /// Whether rules and sockets tell for certain how a port is.
  func isTold(_ port: Port) -> Bool {
    guard let group = group(of: port) else {
      let template = make(port, .skipped)
      guard isCertain(template.result) else { return false }
      toldPorts[port] = template
      return true
    }
    if let known = toldGroups[group] { return known }
    let isTold = isCertain(template(port, .skipped).result)
    toldGroups[group] = isTold
    return isTold
  }

  /// A firewall known to say no needs no proof; that nothing listens, and nothing else is on the
  /// way, can be told of this host only.
  private func isCertain(_ result: CheckResult) -> Bool {
    let finding = result.finding
    guard !finding.isConditional, result.evidence.gaps.isEmpty,
      result.evidence.otherFilters.isEmpty, let firewall = finding.firewall,
      result.evidence.firewall?.isTranslated != true
    else { return false }
    switch finding.cause {
    case .firewallDrop, .firewallReject, .legacyIptables:
      // What a gateway would do on the way is not known, unless nothing gets there.
      return isLocal || isOnLink(result)
        || firewall.place == result.evidence.firewall?.place
    case .noListener, .wrongAddress, .wrongFamily, .wrongDevice, .wrongProtocol, .otherNamespace:
      return isLocal && finding.state == .closed
    default: return false
    }
  }

  private func isOnLink(_ result: CheckResult) -> Bool {
    result.evidence.firewall?.request.delivery.gateway == nil
  }
}
