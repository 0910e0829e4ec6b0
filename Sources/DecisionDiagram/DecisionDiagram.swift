/// Boolean functions as reduced ordered binary decision diagrams, hash-consed in one arena.
///
/// Nodes live as long as the diagram. Operations on constants fold at once and touch no table, so
/// that code written for sets of packets costs little for a set of one.
package final class DecisionDiagram {
  /// One decision: `high` where the variable is true, `low` where it is false.
  struct Decision: Hashable {
    var level: UInt32
    var low: Node
    var high: Node
  }

  private struct Choice: Hashable {
    var condition: Node
    var then: Node
    var otherwise: Node
  }

  /// The first two entries stand for the constants and are never followed.
  private(set) var decisions: [Decision]
  private var unique: [Decision: Node] = [:]
  private var choices: [Choice: Node] = [:]
  /// The function of each variable alone, by level: kept apart, since making one is frequent.
  private var variables: [Node] = []

  package init() {
    let constant = Decision(level: .max, low: .never, high: .never)
    decisions = [constant, constant]
  }

  /// The number of decisions held, constants not counted.
  package var count: Int { decisions.count - 2 }

  /// Makes a variable, last in the order.
  package func makeVariable() -> Variable {
    let level = UInt32(variables.count)
    variables.append(Node(index: UInt32(decisions.count)))
    decisions.append(Decision(level: level, low: .never, high: .always))
    return Variable(level: level)
  }

  /// The function that is true exactly where `variable` is.
  package func node(_ variable: Variable) -> Node {
    variables[Int(variable.level)]
  }

  /// `condition ? then : otherwise`, from which every other operation is made.
  ///
  /// - Complexity: O(product of the sizes of the three), once; repeated calls are looked up.
  package func choose(_ condition: Node, _ then: Node, _ otherwise: Node) -> Node {
    if condition == .always { return then }
    if condition == .never { return otherwise }
    if then == otherwise { return then }
    if then == .always, otherwise == .never { return condition }
    let key = Choice(condition: condition, then: then, otherwise: otherwise)
    if let known = choices[key] { return known }
    let top = min(level(condition), level(then), level(otherwise))
    let low = choose(
      branch(condition, top, false), branch(then, top, false), branch(otherwise, top, false))
    let high = choose(
      branch(condition, top, true), branch(then, top, true), branch(otherwise, top, true))
    let result = decision(top, low: low, high: high)
    choices[key] = result
    return result
  }

  @inline(__always)
  package func and(_ a: Node, _ b: Node) -> Node {
    if a == .always || a == b { return b }
    if b == .always { return a }
    if a == .never || b == .never { return .never }
    return choose(a, b, .never)
  }

  @inline(__always)
  package func or(_ a: Node, _ b: Node) -> Node {
    if a == .never || a == b { return b }
    if b == .never { return a }
    if a == .always || b == .always { return .always }
    return choose(a, .always, b)
  }

  @inline(__always)
  package func not(_ a: Node) -> Node {
    if a.isConstant { return Node(a == .never) }
    return choose(a, .never, .always)
  }

  /// True where exactly one of the two is.
  @inline(__always)
  package func exclusiveOr(_ a: Node, _ b: Node) -> Node {
    if a == .never { return b }
    if b == .never { return a }
    return choose(a, not(b), b)
  }

  /// True where `a` is and `b` is not.
  @inline(__always)
  package func subtract(_ a: Node, _ b: Node) -> Node {
    if b == .never { return a }
    return and(a, not(b))
  }

  /// The level of the variable that `node` tests first; the highest number for a constant.
  package func level(_ node: Node) -> UInt32 { decisions[Int(node.index)].level }

  /// What is left of `node` where the variable of `level`, which none before it is tested ahead of,
  /// has a value; `node` itself if it does not depend on that variable.
  package func branch(_ node: Node, _ level: UInt32, _ value: Bool) -> Node {
    let decision = decisions[Int(node.index)]
    guard decision.level == level else { return node }
    return value ? decision.high : decision.low
  }

  private func decision(_ level: UInt32, low: Node, high: Node) -> Node {
    if low == high { return low }
    if low == .never, high == .always { return variables[Int(level)] }
    let decision = Decision(level: level, low: low, high: high)
    if let known = unique[decision] { return known }
    let node = Node(index: UInt32(decisions.count))
    decisions.append(decision)
    unique[decision] = node
    return node
  }
}
