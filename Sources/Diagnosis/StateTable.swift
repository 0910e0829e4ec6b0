internal import Model

/// What the way to the port and back does with the packet: the rows of the contract's table.
enum Passage: Hashable, Sendable {
  /// Every filter known lets the request and its answer through.
  case passes
  /// Something answers in the port's place.
  case rejects
  /// Something swallows the request or its answer.
  case drops
}

/// Whether something listens: the columns of the contract's table.
enum Presence: Hashable, Sendable {
  case listening
  case nothing
  case unknown
}

/// The contract's table of states (contract.md, section 1), as data.
struct StateTable: Sendable {
  struct Cell: Hashable, Sendable {
    var passage: Passage
    var presence: Presence
  }

  /// Every cell but *passes / unknown*, which the probe decides.
  static let states: [Cell: PortState] = [
    Cell(passage: .passes, presence: .listening): .open,
    Cell(passage: .passes, presence: .nothing): .closed,
    Cell(passage: .rejects, presence: .listening): .blocked,
    Cell(passage: .rejects, presence: .nothing): .refused,
    Cell(passage: .rejects, presence: .unknown): .refused,
    Cell(passage: .drops, presence: .listening): .blocked,
    Cell(passage: .drops, presence: .nothing): .filtered,
    Cell(passage: .drops, presence: .unknown): .filtered,
  ]

  /// The state of a cell; `.unknown` for the one that only a probe can fill.
  static func state(_ passage: Passage, _ presence: Presence) -> PortState {
    states[Cell(passage: passage, presence: presence)] ?? .unknown
  }
}
