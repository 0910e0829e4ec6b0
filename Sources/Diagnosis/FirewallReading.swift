internal import Model

/// One packet's way through one host's rulesets.
struct Leg: Sendable {
  var trace: Trace
  var direction: FirewallConclusion.Direction
  var place: String
}

/// Something other than a rule that ends the packet's way.
struct Stop: Hashable, Sendable {
  var obstacle: Delivery.Obstacle
  var direction: FirewallConclusion.Direction
  var place: String
}

/// The rulesets' part in the answer: the first place on the way, and on the way back, that says no.
struct FirewallReading: Sendable {
  var conclusion: FirewallConclusion
  /// What the packet meets, in the likeliest branch.
  var passage: Passage
  /// Set when every rule lets it pass and it still arrives nowhere.
  var stop: Stop?
  var rejection: Rejection?
  /// Whether another branch of a conditional verdict keeps the packet out.
  var mayFail: Bool
  /// The steps of the leg that decided, for the owner's recognition.
  var steps: [TraceStep]

  /// The likeliest branch's verdict.
  var likeliest: Trace.Verdict

  init(_ evidence: FirewallEvidence) {
    let legs = Self.legs(evidence)
    conclusion = FirewallConclusion(
      verdict: .accept, decidedBy: evidence.request.decidedBy, place: evidence.place)
    passage = .passes
    mayFail = false
    steps = evidence.request.steps
    likeliest = .accept
    for leg in legs {
      let trace = leg.trace
      let branch = trace.verdict == .conditional ? trace.branches.first : nil
      if trace.verdict == .conditional {
        noteConditions(of: leg)
      }
      let verdict = branch?.verdict ?? trace.verdict
      let delivery = branch?.delivery ?? trace.delivery
      switch verdict {
      case .accept, .conditional:
        guard case .none(let obstacle?) = delivery.destination else { continue }
        stop = Stop(obstacle: obstacle, direction: leg.direction, place: leg.place)
        passage = .drops
        return
      case .drop, .reject, .queue, .stolen:
        decide(leg, verdict, branch)
        return
      }
    }
  }

  /// In the packets' order: there by way of every host known, and back.
  private static func legs(_ evidence: FirewallEvidence) -> [Leg] {
    var legs = [Leg(trace: evidence.request, direction: .request, place: evidence.place)]
    legs += evidence.further.map { Leg(trace: $0.request, direction: .request, place: $0.place) }
    for further in evidence.further.reversed() {
      guard let reply = further.reply else { continue }
      legs.append(Leg(trace: reply, direction: .reply, place: further.place))
    }
    if let reply = evidence.reply {
      legs.append(Leg(trace: reply, direction: .reply, place: evidence.place))
    }
    return legs
  }

  private mutating func noteConditions(of leg: Leg) {
    conclusion.verdict = .conditional
    conclusion.conditions += leg.trace.conditions
    if conclusion.decidedBy == nil || leg.direction == .request {
      conclusion.decidedBy = leg.trace.branches.first?.decidedBy ?? leg.trace.decidedBy
      conclusion.direction = leg.direction
      conclusion.place = leg.place
    }
    if leg.trace.branches.contains(where: { $0.verdict != .accept }) { mayFail = true }
  }

  private mutating func decide(_ leg: Leg, _ verdict: Trace.Verdict, _ branch: Trace.Branch?) {
    likeliest = verdict
    // A certain no further on settles every branch that an earlier condition left open.
    if branch == nil {
      conclusion.verdict = verdict
      conclusion.conditions = []
      mayFail = false
    }
    conclusion.decidedBy = branch?.decidedBy ?? leg.trace.decidedBy
    conclusion.direction = leg.direction
    conclusion.place = leg.place
    steps = branch?.steps ?? leg.trace.steps
    rejection = branch?.rejection ?? leg.trace.rejection
    conclusion.owner = conclusion.decidedBy.flatMap { Owner.name(of: $0, among: steps) }
    // A rejected answer is told to the one who answers, not to the one who asked: silence for him.
    passage = verdict == .reject && leg.direction == .request ? .rejects : .drops
  }

  /// Whether the verdict holds in every branch.
  var isCertain: Bool { conclusion.verdict != .conditional }
}
