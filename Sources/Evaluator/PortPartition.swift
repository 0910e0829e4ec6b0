internal import DecisionDiagram
internal import Model

/// Ports sorted by what some functions of a port's sixteen bits make of them.
///
/// The bits are the variables of levels 0 to 15, most significant first: above every other
/// variable, so that a walk from the top comes to what is left of a function for one port.
enum PortPartition {
  /// Ports for which every function is the same.
  struct Part {
    var ports: [Port]
    /// Whether every function is a constant for them. If not, what is undecided may hang on the
    /// port itself in ways that the functions don't tell (a lookup in a set that was not read).
    var isCertain: Bool
  }

  static let bits = 16

  /// - Complexity: that of `DecisionDiagram.groups`, and O(n log n) for n ports.
  static func parts(
    _ ports: [Port], by functions: [Node], in diagram: DecisionDiagram
  ) -> [Part] {
    var parts: [Part] = []
    var places: [Int: Int] = [:]
    var runs = diagram.groups(of: functions, overFirst: bits)[...]
    for number in Set(ports.map(\.number)).sorted() {
      while let run = runs.first, run.values.upperBound <= Int(number) { runs.removeFirst() }
      guard let run = runs.first else { break }
      if let place = places[run.group] {
        parts[place].ports.append(Port(number))
      } else {
        places[run.group] = parts.count
        parts.append(Part(ports: [Port(number)], isCertain: run.isCertain))
      }
    }
    return parts
  }
}
