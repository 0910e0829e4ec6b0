/// A boolean function of a `DecisionDiagram`: equal nodes are equal functions.
package struct Node: Hashable, Sendable {
  let index: UInt32

  /// The function that is never true.
  package static let never = Node(index: 0)
  /// The function that is always true.
  package static let always = Node(index: 1)

  package init(_ value: Bool) {
    index = value ? 1 : 0
  }

  init(index: UInt32) {
    self.index = index
  }

  /// Whether it does not depend on any variable.
  package var isConstant: Bool { index < 2 }
}

/// A boolean variable, by its place in the order: lower is tested first.
package struct Variable: Hashable, Sendable, Comparable {
  package let level: UInt32

  package init(level: UInt32) {
    self.level = level
  }

  package static func < (a: Variable, b: Variable) -> Bool { a.level < b.level }
}
