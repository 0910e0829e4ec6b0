internal import Model

/// The contract's exit statuses (contract.md, section 5), thrown to end the program.
enum ExitStatus: Int32, Error {
  case asWished = 0
  case not = 1
  case undecided = 3
  case usage = 64
  case unknownHost = 68
  case unavailable = 69
  case notPermitted = 77
  case interrupted = 130
}

extension ExitStatus {
  /// What the states of the rows that count amount to.
  ///
  /// - Parameter expected: the states that are success; `nil`: only `open`.
  init(states: [PortState], expected: Set<PortState>?) {
    var worst = ExitStatus.asWished
    for state in states {
      if let expected {
        if expected.contains(state) { continue }
      } else if state == .open {
        continue
      }
      if state == .unknown || state == .openOrFiltered {
        if worst == .asWished { worst = .undecided }
      } else {
        worst = .not
      }
    }
    self = worst
  }
}
