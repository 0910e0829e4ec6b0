internal import DecisionDiagram
internal import Model

/// Ports sorted by what some functions of a port's sixteen bits make of them.
///
/// The bits are the variables of levels 0 to 15, most significant first: above every other
/// variable, so that a walk from the top comes to what is left of a function for one port.
struct PortPartition {
  /// Ports for which every function is the same.
  struct Part {
    var ports: [Port]
    /// Whether every function is a constant for them. If not, what is undecided may hang on the
    /// port itself in ways that the functions don't tell (a lookup in a set that was not read).
    var isCertain: Bool
  }

  static let bits = 16

  private let diagram: DecisionDiagram
  private var order: [[Node]] = []
  private var found: [[Node]: [UInt16]] = [:]

  /// - Complexity: for n ports and m functions at most O(16 n m), and much less where ports fare
  ///   alike in long runs.
  static func parts(
    _ ports: [Port], by functions: [Node], in diagram: DecisionDiagram
  ) -> [Part] {
    var partition = PortPartition(diagram: diagram)
    let unique = Set(functions.filter { !$0.isConstant })
    let numbers = Set(ports.map(\.number)).sorted()
    partition.split(numbers[...], Array(unique), level: 0)
    return partition.order.map { key in
      Part(
        ports: (partition.found[key] ?? []).map { Port($0) },
        isCertain: key.allSatisfy(\.isConstant))
    }
  }

  private init(diagram: DecisionDiagram) {
    self.diagram = diagram
  }

  private mutating func split(_ ports: ArraySlice<UInt16>, _ functions: [Node], level: UInt32) {
    guard !ports.isEmpty else { return }
    guard functions.contains(where: { diagram.level($0) < Self.bits }) else {
      if found[functions] == nil { order.append(functions) }
      found[functions, default: []] += ports
      return
    }
    let bit = UInt16(1) << UInt16(UInt32(Self.bits) - 1 - level)
    // Sorted, and alike in every bit before this one.
    let middle = ports.firstIndex { $0 & bit != 0 } ?? ports.endIndex
    split(
      ports[..<middle], functions.map { diagram.branch($0, level, false) }, level: level + 1)
    split(ports[middle...], functions.map { diagram.branch($0, level, true) }, level: level + 1)
  }
}
