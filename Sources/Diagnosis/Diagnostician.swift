package import Model

/// Joins the evidence on one flow into a state, a cause, and words: a pure function.
package struct Diagnostician: Sendable {
  package init() {}

  /// The conclusion from `evidence`.
  ///
  /// Where a rule blocks, the suggestion only points to it: `FirewallRemedy` proposes the change,
  /// and the caller shows it once the evaluator has agreed that it opens the port.
  package func finding(for evidence: Evidence) -> Finding {
    let reading = Reading(evidence)
    let conclusion = CauseRule.conclusion(for: reading)
    return Finding(
      state: conclusion.state, cause: conclusion.cause, isConditional: conclusion.isConditional,
      summary: Summary.sentence(reading, conclusion),
      suggestion: Suggestion.text(reading, conclusion),
      provider: ServiceAdvice.provider(reading),
      firewall: reading.firewall?.conclusion, details: Details.lines(reading, conclusion))
  }
}
