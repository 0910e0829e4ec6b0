import Evaluator
import Model
import TestSupport
import Testing

/// Every packet of `Rules/` is sent for real: the expectation, the kernel's own trace and the
/// evaluator must agree, step by step.
@Suite("Rules, held against the kernel")
struct RulesTests {
  static let files: [RulesFile] = (try? RulesFile.all()) ?? []

  @Test func thereAreRulesets() {
    #expect(Self.files.count >= 12 || environment("REACH_ORACLE") != nil)
  }

  @Test(.needsRoot, .needs("nft", "ip"), arguments: files)
  func kernelAndEvaluatorDoWhatTheFileSays(_ file: RulesFile) throws {
    var listeners: [TestListener] = []
    let oracle = try KernelOracle(try file.text(), sysctls: try file.sysctls()) {
      listeners = try file.prepare($0)
    }
    defer { withExtendedLifetime(listeners) { oracle.cleanUp() } }
    let evaluation = Evaluation(ruleset: oracle.ruleset, host: oracle.host)
    for expected in try file.cases() {
      let kernel = try oracle.answer(expected.query)
      let trace = evaluation.trace(expected.query)
      let place = Comment(rawValue: "\(file.name).cases \(expected)")
      let isConditional = expected.verdict == .conditional
      if !isConditional { #expect(kernel.verdict == expected.verdict, place) }
      #expect(expected.decider.allows(kernel.decidedBy), "the kernel: \(place)")

      #expect(trace.verdict == expected.verdict, place)
      let branch = trace.branches.first
      let decidedBy = isConditional ? branch?.decidedBy : trace.decidedBy
      #expect(expected.decider.allows(decidedBy), "the evaluator: \(place)")
      let found = trace.steps.map(\.comparisonText)
      #expect(found == kernel.steps.map(\.comparisonText), place)
    }
  }
}

extension RulesCase.Decider {
  /// Whether `step` is who was expected to decide.
  func allows(_ step: TraceStep?) -> Bool {
    switch self {
    case .nobody: step == nil
    case .comment(let comment): step?.rule?.comment == comment
    case .policy(let chain):
      step.map { $0.isPolicy && "\($0.family.name)/\($0.table)/\($0.chain)" == chain } ?? false
    }
  }
}
