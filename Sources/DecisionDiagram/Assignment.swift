extension DecisionDiagram {
  /// The value of `node` where `value` gives each variable's.
  package func evaluate(_ node: Node, _ value: (Variable) -> Bool) -> Bool {
    var node = node
    while !node.isConstant {
      let decision = decisions[Int(node.index)]
      node = value(Variable(level: decision.level)) ? decision.high : decision.low
    }
    return node == .always
  }

  /// The variables that `node` depends on, in order.
  ///
  /// - Complexity: O(size of the function).
  package func support(of node: Node) -> [Variable] {
    var seen: Set<Node> = []
    var levels: Set<UInt32> = []
    var pending = [node]
    while let next = pending.popLast() {
      guard !next.isConstant, seen.insert(next).inserted else { continue }
      let decision = decisions[Int(next.index)]
      levels.insert(decision.level)
      pending.append(decision.low)
      pending.append(decision.high)
    }
    return levels.sorted().map { Variable(level: $0) }
  }

  /// One assignment that makes `node` true, as near to `preferred` as a walk from the top finds;
  /// `nil` if none does. Variables that it does not mention may have either value.
  package func example(
    in node: Node, preferring preferred: (Variable) -> Bool
  ) -> [Variable: Bool]? {
    guard node != .never else { return nil }
    var assignment: [Variable: Bool] = [:]
    var node = node
    while !node.isConstant {
      let decision = decisions[Int(node.index)]
      let variable = Variable(level: decision.level)
      let wanted = preferred(variable)
      let first = wanted ? decision.high : decision.low
      // In a reduced diagram every node but `never` can be made true.
      let value = first == .never ? !wanted : wanted
      assignment[variable] = value
      node = value ? decision.high : decision.low
    }
    return assignment
  }
}
