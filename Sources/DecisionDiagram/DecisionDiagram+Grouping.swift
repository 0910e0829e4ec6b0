/// Neighbouring values that belong to one group.
package struct GroupRun: Hashable, Sendable {
  package var values: Range<Int>
  package var group: Int
  /// Whether every function is a constant for them.
  package var isCertain: Bool

  package init(values: Range<Int>, group: Int, isCertain: Bool = true) {
    self.values = values
    self.group = group
    self.isCertain = isCertain
  }
}

extension DecisionDiagram {
  /// Sorts the values of the first `bits` variables, read as a number with the first variable as
  /// its most significant bit, into groups within which nothing tells them apart: each of
  /// `functions` leaves the same function of the other variables.
  ///
  /// - Parameter bits: 0 to 16; the diagram's first variables.
  /// - Returns: all values in order; groups are numbered from 0 in the order of their first values.
  /// - Complexity: O(runs · bits · functions)
  package func groups(of functions: [Node], overFirst bits: Int) -> [GroupRun] {
    var seen: Set<Node> = []
    let distinct = functions.filter { !$0.isConstant && seen.insert($0).inserted }
    var runs: [GroupRun] = []
    var known: [[Node]: Int] = [:]
    var pending: [(functions: [Node], bit: Int, start: Int)] = [(distinct, 0, 0)]
    while let part = pending.popLast() {
      let size = 1 << (bits - part.bit)
      let isSettled = part.functions.allSatisfy { level($0) >= UInt32(bits) }
      guard isSettled || part.bit == bits else {
        let level = UInt32(part.bit)
        // The lower half is taken first.
        for value in [true, false] {
          let rest = part.functions.map { branch($0, level, value) }
          pending.append((rest, part.bit + 1, part.start + (value ? size / 2 : 0)))
        }
        continue
      }
      let group = known[part.functions] ?? known.count
      known[part.functions] = group
      if let last = runs.last, last.group == group {
        runs[runs.count - 1].values = last.values.lowerBound..<part.start + size
      } else {
        runs.append(
          GroupRun(
            values: part.start..<part.start + size, group: group,
            isCertain: part.functions.allSatisfy(\.isConstant)))
      }
    }
    return runs
  }
}
