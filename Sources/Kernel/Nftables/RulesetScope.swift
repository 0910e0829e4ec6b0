/// How much of a ruleset is read.
package enum RulesetScope: Hashable, Sendable {
  /// Everything, with all elements of all sets.
  case everything
  /// What it takes to judge packets: tables, chains, rules and set headers; elements of sets that
  /// some rule uses and that are small (other sets are `.onDemand`); objects and flowtables only if
  /// some rule uses one.
  case check

  /// The largest number of elements that `check` reads of a named set.
  package static let elementLimit: UInt32 = 1024
}
