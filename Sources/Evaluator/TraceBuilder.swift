internal import DecisionDiagram
internal import Model

/// Turns what a run collected into the answer: verdict, deciding step, steps, branches.
struct TraceBuilder {
  let run: Run

  func build() -> (trace: Trace, outcome: Outcome?) {
    let likely = run.undecided.isLikely
    let outcome = run.outcomes.first { run.diagram.evaluate($0.set, likely) }
    guard let outcome else {
      return (Trace(verdict: .accept, delivery: Delivery(destination: .none(nil))), nil)
    }
    let steps = run.recorder.steps { run.diagram.evaluate($0, likely) }
    var trace = Trace(
      verdict: outcome.verdict, rejection: outcome.rejection, queue: outcome.queue,
      decidedBy: Self.decider(outcome, steps), delivery: outcome.delivery, steps: steps,
      assumptions: run.assumptions)
    if run.index.hasAmbiguousOrder {
      trace.assumptions.append(
        "base chains of equal priority in different tables: the last listed is taken to run first")
    }
    if run.index.hasAmbiguousLegacyOrder {
      trace.assumptions.append(
        "xtables-legacy tables are taken to run after nf_tables chains of equal priority")
    }
    let others = run.outcomes.filter { $0.set != .never && $0.verdict != outcome.verdict }
    guard !others.isEmpty else { return (trace, outcome) }
    // The verdict hangs on what separates the outcomes with another verdict from this one's.
    let elsewhere = others.reduce(Node.never) { run.diagram.or($0, $1.set) }
    trace.verdict = .conditional
    trace.conditions = run.undecided.conditions(for: run.diagram.support(of: elsewhere))
    trace.branches = branches(likeliest: outcome, elsewhere: elsewhere)
    return (trace, outcome)
  }

  private func branches(likeliest: Outcome, elsewhere: Node) -> [Trace.Branch] {
    let likely = run.undecided.isLikely
    let support = run.diagram.support(of: elsewhere)
    let preferred = Dictionary(uniqueKeysWithValues: support.map { ($0, likely($0)) })
    var branches = [branch(likeliest, preferred)]
    for outcome in run.outcomes where branches.count < 64 {
      guard outcome.set != .never, !run.diagram.evaluate(outcome.set, likely),
        let example = run.diagram.example(in: outcome.set, preferring: likely)
      else { continue }
      branches.append(branch(outcome, example))
    }
    return branches
  }

  private func branch(_ outcome: Outcome, _ assignment: [Variable: Bool]) -> Trace.Branch {
    let value = { (variable: Variable) in
      assignment[variable] ?? run.undecided.isLikely(variable)
    }
    let steps = run.recorder.steps { run.diagram.evaluate($0, value) }
    return Trace.Branch(
      verdict: outcome.verdict, rejection: outcome.rejection,
      when: run.undecided.sentences(for: assignment),
      decidedBy: Self.decider(outcome, steps), delivery: outcome.delivery, steps: steps)
  }

  /// Drops are decided by their last step, accepts by the last rule of a filter or route chain that
  /// accepted.
  private static func decider(_ outcome: Outcome, _ steps: [TraceStep]) -> TraceStep? {
    if let step = outcome.step { return step }
    return steps.last { $0.verdict == .accept && !$0.isPolicy && $0.chainKind != .nat }
  }
}
