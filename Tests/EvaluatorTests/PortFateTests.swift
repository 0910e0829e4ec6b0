import Model
import Testing

@testable import Evaluator

/// All ports at once, and port by port: both must say the same of request and answer.
@Suite struct PortFateTests {
  private static let ports =
    (0..<200).map { Port($0) } + [1024, 32768, 40000, 65535].map { Port($0) }

  /// An output chain that looks at the answer's source port.
  private static func output(_ random: inout PacketSetTests.Generator) -> Table {
    let rules = (1...4).map { handle -> Rule in
      let low = UInt16.random(in: 0..<200, using: &random)
      let verdict: Verdict = Bool.random(using: &random) ? .accept : .drop
      return Rule(
        handle: UInt64(handle),
        expressions: [
          Build.load(.transport, 0, 2),
          .range(
            RangeMatch(
              source: Build.register, isInverted: Bool.random(using: &random),
              from: Build.be16(low), to: Build.be16(low &+ 20))),
          Build.verdict(verdict),
        ])
    }
    return Build.inet([Build.base("output", .output, rules)], name: "o")
  }

  private static func expectAgreement(
    _ ruleset: Ruleset, _ note: String,
    query: PacketQuery = Build.syn(from: "10.9.0.9:40000", to: "10.9.0.1:0")
  ) -> Int {
    let evaluation = Evaluation(ruleset: ruleset, host: Build.host())
    let fates = evaluation.roundTrips(query, to: ports, answeredBy: 7)
    #expect(fates.flatMap(\.ports).sorted() == ports, "\(note): each port once")
    for fate in fates {
      for port in fate.ports {
        var one = query
        one.destination.port = port
        let trip = evaluation.roundTrip(one, answeredBy: 7)
        #expect(fate.request.verdict == trip.request.verdict, "\(note), port \(port)")
        #expect(fate.request.steps == trip.request.steps, "\(note), port \(port)")
        #expect(fate.request.decidedBy == trip.request.decidedBy, "\(note), port \(port)")
        #expect(fate.reply?.verdict == trip.reply?.verdict, "\(note), port \(port)")
        #expect(fate.reply?.steps == trip.reply?.steps, "\(note), port \(port)")
      }
    }
    return fates.count
  }

  @Test(arguments: Array(1...25) as [UInt64])
  func groupsAgreeWithSinglePorts(seed: UInt64) {
    var random = PacketSetTests.Generator(state: seed)
    let tables = [PacketSetTests.randomTable(&random), Self.output(&random)]
    _ = Self.expectAgreement(Ruleset(tables: tables), "seed \(seed)")
  }

  @Test func portsThatFareAlikeAreOneGroup() {
    let table = Build.inet([
      Build.base(
        "input", .input, policy: .drop, [Build.rule(1, Build.tcp(22), ends: .accept)])
    ])
    #expect(Self.expectAgreement(Ruleset(tables: [table]), "one rule") == 2)
    #expect(Self.expectAgreement(Ruleset(), "no rule") == 1)
  }

  @Test func undecidedPortsAreAskedOneByOne() {
    let limit = Expression.limit(
      Limit(rate: 5, unit: 1, burst: 5, countsBytes: false, isOver: false))
    let table = Build.inet([
      Build.base(
        "input", .input, policy: .drop,
        [Rule(handle: 1, expressions: [limit, Build.verdict(.accept)])])
    ])
    let count = Self.expectAgreement(Ruleset(tables: [table]), "a limit")
    #expect(count == Self.ports.count)
  }
}
