import DecisionDiagram
import Testing

/// A small seeded generator, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

@Suite struct DecisionDiagramTests {
  @Test func constantsFold() {
    let diagram = DecisionDiagram()
    let x = diagram.node(diagram.makeVariable())
    #expect(diagram.and(.always, x) == x)
    #expect(diagram.and(.never, x) == .never)
    #expect(diagram.or(.never, x) == x)
    #expect(diagram.or(x, .always) == .always)
    #expect(diagram.not(diagram.not(x)) == x)
    #expect(diagram.exclusiveOr(x, x) == .never)
    #expect(diagram.subtract(x, x) == .never)
  }

  @Test func equalFunctionsAreEqualNodes() {
    let diagram = DecisionDiagram()
    let a = diagram.node(diagram.makeVariable())
    let b = diagram.node(diagram.makeVariable())
    // De Morgan.
    let left = diagram.not(diagram.and(a, b))
    let right = diagram.or(diagram.not(a), diagram.not(b))
    #expect(left == right)
    #expect(diagram.choose(a, b, diagram.not(b)) == diagram.not(diagram.exclusiveOr(a, b)))
  }

  @Test func supportNamesOnlyVariablesThatMatter() {
    let diagram = DecisionDiagram()
    let (x, y) = (diagram.makeVariable(), diagram.makeVariable())
    let a = diagram.node(x)
    let b = diagram.node(y)
    #expect(diagram.support(of: diagram.and(a, b)) == [x, y])
    #expect(diagram.support(of: diagram.or(diagram.and(a, b), diagram.not(b))) == [x, y])
    #expect(diagram.support(of: diagram.or(a, diagram.not(a))).isEmpty)
  }

  @Test func examplesLieInTheSetAndNearTheWish() {
    let diagram = DecisionDiagram()
    let variables = (0..<4).map { _ in diagram.makeVariable() }
    let nodes = variables.map { diagram.node($0) }
    let set = diagram.and(nodes[0], diagram.or(nodes[2], nodes[3]))
    let wished = diagram.example(in: set, preferring: { _ in true })
    #expect(wished?[variables[0]] == true)
    #expect(wished?[variables[2]] == true)
    let unwished = diagram.example(in: set, preferring: { _ in false })
    #expect(unwished.map { example in diagram.evaluate(set) { example[$0] ?? false } } == true)
    #expect(diagram.example(in: .never, preferring: { _ in true }) == nil)
  }

  /// Random formulas mean the same as a diagram as when they are computed bit by bit.
  @Test(arguments: [1, 2, 3, 5, 8, 13] as [UInt64])
  func randomFormulasAgreeWithTruthTables(seed: UInt64) {
    var random = SplitMix(state: seed)
    let diagram = DecisionDiagram()
    let variables = (0..<6).map { _ in diagram.makeVariable() }
    var nodes = variables.map { diagram.node($0) }
    // One bit for each of the 64 assignments.
    var tables = (0..<6).map { index -> UInt64 in
      var table: UInt64 = 0
      for assignment in UInt64(0)..<64 where assignment >> UInt64(index) & 1 == 1 {
        table |= 1 << assignment
      }
      return table
    }
    for _ in 0..<200 {
      let (i, j) = (
        Int.random(in: 0..<nodes.count, using: &random),
        Int.random(in: 0..<nodes.count, using: &random)
      )
      let k = Int.random(in: 0..<nodes.count, using: &random)
      switch UInt8.random(in: 0..<4, using: &random) {
      case 0:
        nodes.append(diagram.and(nodes[i], nodes[j]))
        tables.append(tables[i] & tables[j])
      case 1:
        nodes.append(diagram.or(nodes[i], nodes[j]))
        tables.append(tables[i] | tables[j])
      case 2:
        nodes.append(diagram.exclusiveOr(nodes[i], nodes[j]))
        tables.append(tables[i] ^ tables[j])
      default:
        nodes.append(diagram.choose(nodes[k], nodes[i], nodes[j]))
        tables.append((tables[k] & tables[i]) | (~tables[k] & tables[j]))
      }
    }
    for (node, table) in zip(nodes, tables) {
      for assignment in 0..<64 {
        let value = diagram.evaluate(node) { variable in
          let index = variables.firstIndex(of: variable) ?? 0
          return assignment >> index & 1 == 1
        }
        #expect(value == (table >> UInt64(assignment) & 1 == 1), "seed \(seed)")
      }
    }
    // Canonical: the same table is the same node.
    for (i, j) in zip(nodes.indices, nodes.indices.dropFirst()) {
      #expect((nodes[i] == nodes[j]) == (tables[i] == tables[j]), "seed \(seed)")
    }
  }
}
