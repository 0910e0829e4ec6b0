/// What the kernel really did with a packet, beside what was predicted.
package struct TraceComparison: Hashable, Sendable {
  /// A line of both, in order.
  package enum Row: Hashable, Sendable {
    /// Predicted and seen; the step is the prediction's, which knows more.
    case both(TraceStep)
    case predictedOnly(TraceStep)
    case seenOnly(TraceStep)
  }

  /// The steps of the branch that fits best; the likeliest where none fits.
  package let predicted: [TraceStep]
  package let seen: [TraceStep]
  package let rows: [Row]
  /// What turned out to hold, of a prediction that could not tell: sentences for people.
  package let turnedOut: [String]
  package var agrees: Bool {
    rows.allSatisfy {
      switch $0 {
      case .both: true
      case .predictedOnly, .seenOnly: false
      }
    }
  }

  /// - Parameters:
  ///   - prediction: of one packet.
  ///   - seen: all steps that the kernel traced of it.
  ///   - startsAt: the hook at which tracing begins; what was predicted for earlier hooks can't be
  ///     seen and is left out, as are the rules of xtables-legacy, which the kernel doesn't trace.
  package init(_ prediction: Trace, seen: [TraceStep], startsAt: Hook) {
    func traceable(_ steps: [TraceStep]) -> [TraceStep] {
      let steps = steps.filter { !$0.isLegacy }
      return startsAt == .prerouting ? Array(steps.drop { $0.hook == .ingress }) : steps
    }
    let keys = seen.map { Key($0) }
    let fitting = prediction.branches.first { traceable($0.steps).map { Key($0) } == keys }
    let predicted = traceable(fitting?.steps ?? prediction.steps)
    turnedOut = fitting?.when ?? []
    self.predicted = predicted
    self.seen = seen
    rows = Self.align(predicted, seen)
  }

  /// What the two accounts of a step can be compared by: the kernel traces a reject as drop, and
  /// NAT as accept (`__nft_trace_packet`, net/netfilter/nf_tables_core.c).
  private struct Key: Hashable {
    var place: [String]
    var handle: UInt64?
    var verdict: TraceStep.Verdict

    init(_ step: TraceStep) {
      place = [step.hook.name, step.family.name, step.table, step.chain, step.target ?? ""]
      handle = step.isPolicy ? nil : step.handle
      verdict =
        switch step.verdict {
        case .reject: .drop
        case .dnat, .snat, .masquerade, .redirect: .accept
        default: step.verdict
        }
    }
  }

  private static func align(_ predicted: [TraceStep], _ seen: [TraceStep]) -> [Row] {
    let difference = seen.map { Key($0) }.difference(from: predicted.map { Key($0) })
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var rows: [Row] = []
    var coming = seen.enumerated().makeIterator()
    var next = coming.next()
    for (index, step) in predicted.enumerated() {
      if removed.contains(index) {
        rows.append(.predictedOnly(step))
        continue
      }
      while let known = next, inserted.contains(known.offset) {
        rows.append(.seenOnly(known.element))
        next = coming.next()
      }
      rows.append(.both(step))
      next = coming.next()
    }
    while let known = next {
      rows.append(.seenOnly(known.element))
      next = coming.next()
    }
    return rows
  }
}

/// A flow as predicted and as traced: what `reach trace` has to tell.
package struct TraceReport: Hashable, Sendable {
  package var query: PacketQuery
  package var request: TraceComparison
  /// `nil` if there was nothing to compare: the request was not expected to be answered, or no
  /// answer came.
  package var reply: TraceComparison?
  /// The flags of the segment that answered; `nil` if none came, and for UDP.
  package var replyFlags: TCPFlags?
  /// Trace messages were lost, or none came at all: nothing can be said for sure.
  package var isIncomplete: Bool
  package var finding: Finding
  /// What was not traced and why, and the like, for people.
  package var remarks: [String]

  package init(
    query: PacketQuery, request: TraceComparison, reply: TraceComparison?, replyFlags: TCPFlags?,
    isIncomplete: Bool, finding: Finding, remarks: [String]
  ) {
    self.query = query
    self.request = request
    self.reply = reply
    self.replyFlags = replyFlags
    self.isIncomplete = isIncomplete
    self.finding = finding
    self.remarks = remarks
  }

  /// `nil` if it can't be said.
  package var agrees: Bool? {
    isIncomplete ? nil : request.agrees && reply?.agrees ?? true
  }
}
