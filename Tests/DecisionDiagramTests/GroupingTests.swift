import Testing

@testable import DecisionDiagram

struct GroupingTests {
  @Test func aRangeIsOneGroupAndTheRestAnother() {
    let diagram = DecisionDiagram()
    let bits = (0..<4).map { _ in diagram.node(diagram.makeVariable()) }
    // 8 to 11: the first bit is set and the second is not.
    let inside = diagram.subtract(bits[0], bits[1])
    let runs = diagram.groups(of: [inside, .always], overFirst: 4)
    #expect(
      runs == [
        GroupRun(values: 0..<8, group: 0), GroupRun(values: 8..<12, group: 1),
        GroupRun(values: 12..<16, group: 0),
      ])
  }

  @Test func whatIsLeftUndecidedTellsGroupsApart() {
    let diagram = DecisionDiagram()
    let bits = (0..<2).map { _ in diagram.node(diagram.makeVariable()) }
    let doubt = diagram.node(diagram.makeVariable())
    let runs = diagram.groups(of: [diagram.and(bits[0], doubt)], overFirst: 2)
    #expect(runs.map(\.group) == [0, 1])
    #expect(runs.map(\.values) == [0..<2, 2..<4])
  }

  @Test func nothingToTellApart() {
    let runs = DecisionDiagram().groups(of: [.always, .never], overFirst: 16)
    #expect(runs == [GroupRun(values: 0..<65536, group: 0)])
  }

  /// Against looking at each value by itself.
  @Test(arguments: 1...20) func groupsAreThoseOfSingleValues(seed: Int) {
    let diagram = DecisionDiagram()
    let variables = (0..<6).map { _ in diagram.makeVariable() }
    var state = UInt64(seed)
    func random(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    let functions = (0..<3).map { _ in
      (0..<5).reduce(Node(random(2) == 0)) { node, _ in
        let other = diagram.node(variables[random(6)])
        switch random(3) {
        case 0: return diagram.and(node, other)
        case 1: return diagram.or(node, diagram.not(other))
        default: return diagram.exclusiveOr(node, other)
        }
      }
    }
    let runs = diagram.groups(of: functions, overFirst: 6)
    var signature: [Int: [Bool]] = [:]
    for value in 0..<64 {
      let own = functions.map { function in
        diagram.evaluate(function) { value >> (5 - Int($0.level)) & 1 == 1 }
      }
      let group = runs.first { $0.values.contains(value) }?.group ?? -1
      #expect(signature[group, default: own] == own)
      signature[group] = own
    }
    #expect(Set(signature.values).count == signature.count)
    #expect(runs.map(\.values.count).reduce(0, +) == 64)
  }
}
