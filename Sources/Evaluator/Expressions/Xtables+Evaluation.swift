internal import DecisionDiagram
internal import Model

extension Run {
  /// An xtables match; those without an evaluation of their own can't be decided.
  func evaluate(match: XtablesExtension, _ matched: Node) -> Node {
    if match.name == "comment" { return .always }
    return undecidable("the xtables match \(match.name)")
  }

  /// An xtables target; those without an evaluation of their own can't be decided.
  func evaluate(target: XtablesExtension, _ matched: Node) -> Node {
    let passes = fact(
      holds: "the xtables target \(target.name) lets the packet pass",
      fails: "the xtables target \(target.name) drops the packet")
    end(diagram.subtract(matched, passes), .verdict(.drop))
    return passes
  }
}
