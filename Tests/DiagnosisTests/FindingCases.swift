import Model
import Testing

@testable import Diagnosis

/// A situation and what must be said of it.
struct FindingCase: Sendable, CustomTestStringConvertible {
  var name: String
  var evidence: Evidence
  var state: PortState
  var cause: Cause
  var isConditional: Bool

  init(
    _ name: String, _ evidence: Evidence, _ state: PortState, _ cause: Cause,
    isConditional: Bool = false
  ) {
    self.name = name
    self.evidence = evidence
    self.state = state
    self.cause = cause
    self.isConditional = isConditional
  }

  var testDescription: String { name }

  func check() {
    let finding = Diagnostician().finding(for: evidence)
    #expect(finding.state == state, "\(name)")
    #expect(finding.cause == cause, "\(name)")
    #expect(finding.isConditional == isConditional, "\(name)")
    #expect(!finding.summary.isEmpty)
  }
}

/// `base`, changed.
func with<Value>(_ base: Value, _ change: (inout Value) -> Void) -> Value {
  var value = base
  change(&value)
  return value
}
