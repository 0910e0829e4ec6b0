internal import DecisionDiagram
internal import Model

/// Collects matched rules and reached policies in the kernel's order, each with its packets.
struct TraceRecorder {
  struct Entry {
    var set: Node
    var step: TraceStep
  }

  private(set) var entries: [Entry] = []

  mutating func record(_ step: TraceStep, for set: Node) {
    entries.append(Entry(set: set, step: step))
  }

  /// The steps that the packets of one assignment took.
  func steps(where holds: (Node) -> Bool) -> [TraceStep] {
    entries.filter { holds($0.set) }.map(\.step)
  }
}

/// How some of the packets ended.
struct Outcome {
  var set: Node
  var verdict: Trace.Verdict
  var rejection: Rejection?
  var queue: UInt16?
  /// The step that dropped or took them; `nil` for accepted ones.
  var step: TraceStep?
  var delivery: Delivery
  /// The packets as they arrived at their end.
  var state: PacketState
}
