/// The conclusion for one flow.
package struct Finding: Hashable, Sendable {
  package var state: PortState
  package var cause: Cause
  /// Whether the state hangs on something undecidable.
  package var isConditional: Bool
  /// One sentence for people: what is wrong.
  package var summary: String
  /// What to do about it, `nil` if there is nothing to do or nothing known.
  package var suggestion: String?
  /// The service behind the port, and the commands that start or stop it; `nil` if not known.
  package var provider: Provider?
  /// The firewall's part in it; `nil` when its ruleset is not known.
  package var firewall: FirewallConclusion?
  /// More lines of evidence for people, the most telling first.
  package var details: [String]

  package init(
    state: PortState, cause: Cause, isConditional: Bool = false, summary: String,
    suggestion: String? = nil, provider: Provider? = nil, firewall: FirewallConclusion? = nil,
    details: [String] = []
  ) {
    self.state = state
    self.cause = cause
    self.isConditional = isConditional
    self.summary = summary
    self.suggestion = suggestion
    self.provider = provider
    self.firewall = firewall
    self.details = details
  }
}

/// The firewall's verdict over every ruleset known, and the step that decided it.
package struct FirewallConclusion: Hashable, Sendable {
  package enum Direction: String, Hashable, Sendable {
    case request
    case reply
  }

  package var verdict: Trace.Verdict
  package var decidedBy: TraceStep?
  package var direction: Direction
  package var place: String
  /// The program that owns the deciding chain: `ufw`, `docker`, ...
  package var owner: String?
  package var conditions: [Condition]

  package init(
    verdict: Trace.Verdict, decidedBy: TraceStep? = nil, direction: Direction = .request,
    place: String = "here", owner: String? = nil, conditions: [Condition] = []
  ) {
    self.verdict = verdict
    self.decidedBy = decidedBy
    self.direction = direction
    self.place = place
    self.owner = owner
    self.conditions = conditions
  }
}
