import DecisionDiagram
import Model
import Testing

@testable import Evaluator

/// One packet at a time, and the whole set at once: both must say the same.
@Suite struct PacketSetTests {
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state ^ state >> 29) &* 0xff51_afd7_ed55_8ccd
    }
  }

  private static func randomRule(_ handle: UInt64, _ random: inout Generator) -> Rule {
    let port = Build.be16(UInt16.random(in: 0..<64, using: &random))
    var parts: [Expression] = [Build.load(.transport, 2, 2)]
    switch Int.random(in: 0..<5, using: &random) {
    case 0: parts.append(Build.compare(.equal, port))
    case 1: parts.append(Build.compare(.less, port))
    case 2: parts.append(Build.compare(.greaterOrEqual, port))
    case 3:
      let high = Build.be16(UInt16.random(in: 0..<64, using: &random))
      parts.append(
        .range(
          RangeMatch(
            source: Build.register, isInverted: Bool.random(using: &random), from: port, to: high)))
    default:
      parts.append(
        .bitwise(
          Bitwise(
            source: Build.register, destination: Build.register, length: 2,
            operation: .maskXor(mask: [0, UInt8.random(in: 0..<64, using: &random)], xor: [0, 1]))))
      parts.append(Build.compare(.notEqual, [0, 1]))
      parts.append(Build.load(.network, 15, 1))
      parts.append(Build.compare(.less, [UInt8.random(in: 0..<8, using: &random)]))
    }
    let verdicts: [Verdict] = [.accept, .drop, .jump(chain: "side"), .goto(chain: "side"), .return]
    let isMark = Int.random(in: 0..<4, using: &random) == 0
    if isMark {
      parts += [
        .immediate(
          Immediate(
            destination: Build.register,
            value: .data(Build.host32(UInt32.random(in: 0..<3, using: &random))))),
        .metaWrite(MetaWrite(source: Build.register, key: .mark)),
      ]
      return Rule(handle: handle, expressions: parts)
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      parts += [
        .meta(Meta(destination: Build.register, key: .mark)),
        Build.compare(.equal, Build.host32(UInt32.random(in: 0..<3, using: &random))),
      ]
    }
    let verdict = verdicts[Int.random(in: 0..<verdicts.count, using: &random)]
    return Rule(handle: handle, expressions: parts + [Build.verdict(verdict)])
  }

  static func randomTable(_ random: inout Generator) -> Table {
    var handle: UInt64 = 0
    func rules(_ count: Int, _ random: inout Generator, jumps: Bool) -> [Rule] {
      (0..<count).map { _ in
        handle += 1
        var rule = randomRule(handle, &random)
        if !jumps, case .immediate(let last)? = rule.expressions.last,
          case .verdict(let verdict) = last.value
        {
          switch verdict {
          case .jump, .goto: rule.expressions[rule.expressions.count - 1] = Build.verdict(.accept)
          default: break
          }
        }
        return rule
      }
    }
    return Build.inet([
      Chain(name: "side", rules: rules(4, &random, jumps: false)),
      Build.base(
        "input", .input, policy: Bool.random(using: &random) ? .accept : .drop,
        rules(8, &random, jumps: true)),
    ])
  }

  @Test(arguments: Array(1...40) as [UInt64])
  func theWholeSetAgreesWithEachPacket(seed: UInt64) {
    var random = Generator(state: seed)
    let ruleset = Ruleset(tables: [Self.randomTable(&random)])
    let host = Build.host()
    let evaluation = Evaluation(ruleset: ruleset, host: host)
    // Six bits of the port and three of the source are free.
    let run = evaluation.makeRun(Build.syn(from: "10.9.0.0:40000", to: "10.9.0.1:0"))
    guard let run else {
      Issue.record("no packet")
      return
    }
    let port = (0..<6).map { _ in run.diagram.makeVariable() }
    let source = (0..<3).map { _ in run.diagram.makeVariable() }
    let zero = [Node](repeating: .never, count: 8)
    run.state.network.write(
      SymbolicBytes(nodes: zero.prefix(2) + port.map { run.diagram.node($0) }), at: 23)
    run.state.network.write(
      SymbolicBytes(nodes: zero.prefix(5) + source.map { run.diagram.node($0) }), at: 15)
    run.arrive(.always)
    for number in 0..<64 {
      for low in [2, 3, 5, 7] {
        let trace = evaluation.trace(
          Build.syn(from: "10.9.0.\(low):40000", to: "10.9.0.1:\(number)"))
        let value = { (variable: Variable) -> Bool in
          if let bit = port.firstIndex(of: variable) { return number >> (5 - bit) & 1 == 1 }
          guard let bit = source.firstIndex(of: variable) else { return false }
          return low >> (2 - bit) & 1 == 1
        }
        let outcome = run.outcomes.first { run.diagram.evaluate($0.set, value) }
        let steps = run.recorder.steps { run.diagram.evaluate($0, value) }
        #expect(outcome?.verdict == trace.verdict, "seed \(seed), port \(number), source \(low)")
        #expect(steps == trace.steps, "seed \(seed), port \(number), source \(low)")
      }
    }
  }
}
