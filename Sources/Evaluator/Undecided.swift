internal import DecisionDiagram
internal import Model

/// What can't be known from the packet, the ruleset and the host, as named variables.
///
/// A fact is one variable that is true or false; a quantity is a number whose bits are variables.
struct Undecided {
  private enum Meaning {
    case fact(Condition)
    case quantity(name: String, bit: Int, of: Range<UInt32>)
  }

  private var meanings: [UInt32: Meaning] = [:]
  private var likely: [UInt32: Bool] = [:]

  /// Whether anything undecided was met.
  var isEmpty: Bool { meanings.isEmpty }

  /// A fact of its own: true where `condition.holds`.
  mutating func fact(_ condition: Condition, in diagram: DecisionDiagram) -> Node {
    let variable = diagram.makeVariable()
    meanings[variable.level] = .fact(condition)
    likely[variable.level] = condition.isLikely
    return diagram.node(variable)
  }

  /// A number of `bits` bits, most significant first, of which only the likely value is guessed.
  mutating func quantity(
    _ name: String, bits: Int, likely value: UInt64 = 0, in diagram: DecisionDiagram
  ) -> [Node] {
    let variables = (0..<bits).map { _ in diagram.makeVariable() }
    guard let first = variables.first, let last = variables.last else { return [] }
    for (index, variable) in variables.enumerated() {
      let shift = bits - 1 - index
      meanings[variable.level] = .quantity(
        name: name, bit: shift, of: first.level..<last.level + 1)
      likely[variable.level] = shift < 64 && value >> UInt64(shift) & 1 == 1
    }
    return variables.map { diagram.node($0) }
  }

  /// The value that a variable has in the likeliest case.
  func isLikely(_ variable: Variable) -> Bool { likely[variable.level] ?? true }

  /// What an assignment says, for people; variables that it does not mention are left out.
  func sentences(for assignment: [Variable: Bool]) -> [String] {
    var sentences: [String] = []
    var told: Set<UInt32> = []
    for (variable, value) in assignment.sorted(by: { $0.key < $1.key }) {
      switch meanings[variable.level] {
      case .fact(let condition)?:
        sentences.append(value ? condition.holds : condition.fails)
      case .quantity(let name, _, let range)?:
        guard told.insert(range.lowerBound).inserted else { continue }
        guard range.count <= 64 else {
          sentences.append("\(name) happens to match")
          continue
        }
        let number = range.reduce(UInt64(0)) { number, level in
          let bit = assignment[Variable(level: level)] ?? isLikely(Variable(level: level))
          return number << 1 | (bit ? 1 : 0)
        }
        sentences.append("\(name) is \(number)")
      case nil:
        continue
      }
    }
    return sentences
  }

  /// The conditions behind some variables, each once.
  func conditions(for variables: [Variable]) -> [Condition] {
    var conditions: [Condition] = []
    for variable in variables {
      let condition: Condition
      switch meanings[variable.level] {
      case .fact(let fact)?:
        condition = fact
      case .quantity(let name, _, _)?:
        condition = Condition(
          holds: "\(name) does not happen to match", fails: "\(name) happens to match")
      case nil:
        continue
      }
      if !conditions.contains(condition) { conditions.append(condition) }
    }
    return conditions
  }
}
