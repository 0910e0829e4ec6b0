package import Model

/// From where a socket can be reached, as a sentence.
package enum ReachabilityText {
  /// Without capital and full stop, and with control characters escaped: `reachable from here only:
  /// inet filter input handle 6: tcp dport 4505 drop`.
  ///
  /// - Parameter record: with its reachability; without, the sentence says that it is not known.
  package static func sentence(
    of record: SocketRecord, _ describe: SocketRuleDescriber
  ) -> String {
    guard let reachability = record.reachability else {
      return "who can reach it is not known: the firewall could not be read"
    }
    let limit = LimitText.text(of: record, describe).map { ": " + Escaping.printable($0) } ?? ""
    let doubt = reachability.isConditional ? ", likely" : ""
    switch reachability.scope {
    case .anywhere: return "reachable from anywhere" + doubt
    case .local:
      let names = Escaping.printable(reachability.interfaces.joined(separator: ", "))
      let others = limit.isEmpty ? "" : "; not from farther away" + limit
      return "reachable from local networks (\(names))" + doubt + others
    case .here: return "reachable from here only" + doubt + limit
    case .nobody: return "reachable from nowhere" + doubt + limit
    }
  }
}
