import Model
import Testing

@testable import Evaluator

/// What is found out for all ports at a time holds for each of them.
struct PortGroupsTests {
  private static func query(_ port: UInt16) -> PacketQuery {
    Build.syn(from: "10.9.0.5:40000", to: "10.9.0.1:\(port)")
  }

  @Test(arguments: Array(1...30) as [UInt64])
  func portsOfAGroupFareAlike(seed: UInt64) throws {
    var random = PacketSetTests.Generator(state: seed)
    let ruleset = Ruleset(tables: [PacketSetTests.randomTable(&random)])
    let evaluation = Evaluation(ruleset: ruleset, host: Build.host())
    let groups = try #require(evaluation.portGroups(Self.query(1)))
    var models: [Int: (request: Trace, reply: Trace?)] = [:]
    for port in Array(1...UInt16(96)) + [1000, 32768, 65535] {
      let trip = evaluation.roundTrip(Self.query(port))
      let model = models[groups[Port(port)]] ?? trip
      models[groups[Port(port)]] = model
      #expect(trip.request.verdict == model.request.verdict, "port \(port)")
      #expect(trip.request.steps == model.request.steps, "port \(port)")
      #expect(trip.reply?.verdict == model.reply?.verdict, "port \(port)")
      #expect(trip.reply?.steps == model.reply?.steps, "port \(port)")
    }
  }

  /// The answer's rules look at the port as well.
  @Test func theAnswerTellsPortsApart() throws {
    let table = Build.inet([
      Build.base(
        "output", .output, policy: .accept,
        [
          Rule(
            handle: 1,
            expressions: [
              Build.load(.transport, 0, 2), Build.compare(.equal, Build.be16(443)),
              Build.verdict(.drop),
            ])
        ])
    ])
    let evaluation = Evaluation(ruleset: Ruleset(tables: [table]), host: Build.host())
    let groups = try #require(evaluation.portGroups(Self.query(1)))
    #expect(groups[Port(442)] == groups[Port(444)])
    #expect(groups[Port(443)] != groups[Port(444)])
    #expect(groups.examples.count == 2)
  }

  @Test func withoutRulesAllPortsAreAlike() throws {
    let evaluation = Evaluation(ruleset: Ruleset(), host: Build.host())
    let groups = try #require(evaluation.portGroups(Self.query(1)))
    #expect(groups.examples == [Port(1)])
  }

  /// Sockets are looked up by single numbers.
  @Test func whatAsksForSocketsIsAskedPortByPort() {
    let table = Build.inet([
      Build.base(
        "input", .input, policy: .accept,
        [
          Rule(
            handle: 1,
            expressions: [
              .socket(SocketLookup(destination: Build.register, key: .mark)), Build.verdict(.drop),
            ])
        ])
    ])
    let evaluation = Evaluation(ruleset: Ruleset(tables: [table]), host: Build.host())
    #expect(evaluation.portGroups(Self.query(1)) == nil)
  }
}
