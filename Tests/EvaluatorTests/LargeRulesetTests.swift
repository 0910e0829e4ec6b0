import Evaluator
import Model
import Testing

/// Rulesets as large as the kernel takes them, and loops that it would not take.
@Suite struct LargeRulesetTests {
  @Test func tenThousandChains() {
    let count: UInt64 = 10_000
    let callees = (1...count).map {
      Chain(name: "c\($0)", rules: [Build.rule(count + $0, Build.tcp(UInt16($0)), ends: .accept)])
    }
    let input = Build.base(
      "input", .input, policy: .drop,
      (1...count).map { Build.rule($0, ends: .jump(chain: "c\($0)")) })
    let trace = Build.trace(Build.syn(to: "10.9.0.1:9999"), Build.inet(callees + [input]))
    #expect(trace.decidedBy?.chain == "c9999")
    #expect(trace.steps.count == 10_000)
  }

  @Test func chainsAsDeepAsTheKernelAllows() {
    let depth = 16
    var chains = (1..<depth).map { level in
      Chain(
        name: "c\(level)", rules: [Build.rule(UInt64(level), ends: .jump(chain: "c\(level + 1)"))])
    }
    chains.append(Chain(name: "c\(depth)", rules: [Build.rule(99, ends: .drop)]))
    let trace = Build.trace(
      Build.syn(),
      Build.inet(
        chains + [Build.base("input", .input, [Build.rule(100, ends: .jump(chain: "c1"))])]))
    #expect(trace.verdict == .drop)
    #expect(trace.steps.count == depth + 1)
  }

  @Test(arguments: [Verdict.jump(chain: "a"), .goto(chain: "a"), .jump(chain: "b")])
  func loopsEnd(_ back: Verdict) {
    let trace = Build.trace(
      Build.syn(),
      Build.inet([
        Chain(name: "a", rules: [Build.rule(1, ends: back), Build.rule(2, ends: back)]),
        Chain(name: "b", rules: [Build.rule(3, ends: .jump(chain: "a"))]),
        Build.base("input", .input, policy: .drop, [Build.rule(4, ends: .jump(chain: "a"))]),
      ]))
    #expect(trace.verdict == .drop)
    #expect(trace.assumptions.contains { $0.contains("leads back to itself") })
  }

  @Test func mapOfAHundredThousandElements() {
    var elements: [Element] = []
    for number in 0..<100_000 {
      let key: [UInt8] = [10] + [16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
      let verdict: Verdict = number % 2 == 0 ? .drop : .accept
      elements.append(Element(key: key, data: .verdict(verdict)))
    }
    let map = ElementSet(
      name: "m", flags: .map, keyType: 7, keyLength: 4, dataType: 0xffff_ff00, dataLength: 16,
      elements: .loaded(elements))
    let table = Build.inet(
      [
        Build.base(
          "input", .input,
          [
            Build.rule(
              1,
              [
                Build.load(.network, 12, 4),
                .lookup(Lookup(set: "m", source: Build.register, destination: .verdict)),
              ])
          ])
      ], sets: [map])
    let evaluation = Evaluation(ruleset: Ruleset(tables: [table]), host: Build.host())
    let even = evaluation.trace(Build.syn(from: "10.1.134.158:1"))
    let odd = evaluation.trace(Build.syn(from: "10.1.134.159:1"))
    #expect(even.verdict == Trace.Verdict.drop)
    #expect(odd.verdict == Trace.Verdict.accept)
  }
}
