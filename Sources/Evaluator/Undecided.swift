internal import DecisionDiagram
internal import Model

/// What can't be known from the packet, the ruleset and the host, as named variables.
///
/// A fact is one variable that is true or false; a quantity is a number whose bits are variables.
struct Undecided {
  private enum Meaning {
    case fact(Condition)
    case quantity(name: String, likely: UInt64)
  }

  /// Variables that belong together: one for a fact, one a bit for a quantity.
  private struct Group {
    var first: UInt32
    var count: Int
    var meaning: Meaning
  }

  /// By rising level: groups are made one after the other.
  private var groups: [Group] = []

  /// A fact of its own: true where `condition.holds`.
  mutating func fact(_ condition: Condition, in diagram: DecisionDiagram) -> Node {
    let variable = diagram.makeVariable()
    groups.append(Group(first: variable.level, count: 1, meaning: .fact(condition)))
    return diagram.node(variable)
  }

  /// A number of `bits` bits, most significant first, of which only the likely value is guessed.
  mutating func quantity(
    _ name: String, bits: Int, likely value: UInt64 = 0, in diagram: DecisionDiagram
  ) -> [Node] {
    let variables = (0..<bits).map { _ in diagram.makeVariable() }
    guard let first = variables.first else { return [] }
    groups.append(
      Group(first: first.level, count: bits, meaning: .quantity(name: name, likely: value)))
    return variables.map { diagram.node($0) }
  }

  /// What is undecided, in words that are the same in every run that meets it.
  var names: Set<String> {
    Set(
      groups.map { group in
        switch group.meaning {
        case .fact(let condition): condition.holds
        case .quantity(let name, _): name
        }
      })
  }

  private func group(of variable: Variable) -> Group? {
    var low = 0
    var high = groups.count
    while low < high {
      let middle = (low + high) / 2
      if groups[middle].first <= variable.level { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let group = groups[low - 1]
    return variable.level < group.first + UInt32(group.count) ? group : nil
  }

  /// The value that a variable has in the likeliest case.
  func isLikely(_ variable: Variable) -> Bool {
    guard let group = group(of: variable) else { return true }
    switch group.meaning {
    case .fact(let condition): return condition.isLikely
    case .quantity(_, let value):
      let shift = group.count - 1 - Int(variable.level - group.first)
      return shift < 64 && value >> UInt64(shift) & 1 == 1
    }
  }

  /// What an assignment says, for people; variables that it does not mention are left out.
  func sentences(for assignment: [Variable: Bool]) -> [String] {
    var sentences: [String] = []
    var told: Set<UInt32> = []
    for (variable, value) in assignment.sorted(by: { $0.key < $1.key }) {
      guard let group = group(of: variable) else { continue }
      switch group.meaning {
      case .fact(let condition):
        sentences.append(value ? condition.holds : condition.fails)
      case .quantity(let name, _):
        guard told.insert(group.first).inserted else { continue }
        guard group.count <= 64 else {
          sentences.append("\(name) happens to match")
          continue
        }
        let number = (0..<UInt32(group.count)).reduce(UInt64(0)) { number, index in
          let variable = Variable(level: group.first + index)
          return number << 1 | ((assignment[variable] ?? isLikely(variable)) ? 1 : 0)
        }
        sentences.append("\(name) is \(number)")
      }
    }
    return sentences
  }

  /// The conditions behind some variables, each once.
  func conditions(for variables: [Variable]) -> [Condition] {
    var conditions: [Condition] = []
    for variable in variables {
      let condition: Condition
      switch group(of: variable)?.meaning {
      case .fact(let fact)?:
        condition = fact
      case .quantity(let name, _)?:
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
