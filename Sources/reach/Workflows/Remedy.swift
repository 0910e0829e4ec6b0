internal import Diagnosis
internal import Evaluator
internal import Model

/// Finds a change of the ruleset that would really open the port: each candidate is evaluated
/// first.
struct Remedy {
  let view: HostView
  let gatherer: EvidenceGatherer

  /// The most changes that are put together: later chains may object as well.
  private static let depth = 4

  /// - Returns: the suggestion for changes that were seen to work; `nil` where none is needed or
  ///   none was found.
  func suggestion(_ evidence: Evidence, _ finding: Finding) -> String? {
    guard let ruleset = view.ruleset, finding.firewall?.place == gatherer.place,
      finding.state == .blocked || finding.cause == .firewallDrop
        || finding.cause == .firewallReject
    else { return nil }
    return search(ruleset, evidence, finding, made: [])
  }

  private func search(
    _ ruleset: Ruleset, _ evidence: Evidence, _ finding: Finding, made: [RulesetEdit]
  ) -> String? {
    guard made.count < Self.depth else { return nil }
    for candidate in FirewallRemedy.candidates(for: evidence, finding) {
      guard let edited = candidate.applied(to: ruleset) else { continue }
      var changed = evidence
      let trip = gatherer.roundTrip(evidence, on: edited)
      changed.firewall?.request = trip.request
      changed.firewall?.reply = trip.reply
      changed.probe = .skipped
      let next = Diagnostician().finding(for: changed)
      let edits = made + [candidate]
      if passes(changed) { return FirewallRemedy.suggestion(for: edits, at: gatherer.place) }
      guard next.firewall?.decidedBy != finding.firewall?.decidedBy else { continue }
      if let more = search(edited, changed, next, made: edits) { return more }
    }
    return nil
  }

  /// Whether request and answer get through for certain.
  private func passes(_ evidence: Evidence) -> Bool {
    guard let firewall = evidence.firewall, firewall.request.verdict == .accept else {
      return false
    }
    if case .none = firewall.request.delivery.destination { return false }
    guard let reply = firewall.reply else { return true }
    if case .none = reply.delivery.destination { return false }
    return reply.verdict == .accept
  }
}
