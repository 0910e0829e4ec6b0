import Evaluator
import Model
import Testing

/// ARP and bridges where no kernel is asked: `Rules/arp` and `Rules/bridge` hold the rest against
/// it.
@Suite struct LowerHookTests {
  private static func device(_ change: (inout Interface) -> Void = { _ in }) -> HostSnapshot {
    var host = Build.host()
    host.interfaces[1].hardwareAddress = [2, 0, 0, 0, 0, 1]
    change(&host.interfaces[1])
    return host
  }

  /// `arp operation NUMBER` and a verdict.
  private static func arp(_ hook: Hook, _ operation: UInt8) -> Table {
    Build.inet(
      [
        Build.base(
          "c", hook,
          [
            Build.rule(
              1, [Build.load(.network, 6, 2), Build.compare(.equal, [0, operation])], ends: .drop)
          ])
      ], family: .arp)
  }

  @Test func whatDropsTheQuestionOrTheAnswerIsNamed() throws {
    let host = Self.device()
    let hop = try #require(IPAddress("10.9.0.2"))
    func verdicts(_ table: Table) throws -> [Trace.Verdict] {
      let traces = try #require(
        Evaluation(ruleset: Ruleset(tables: [table]), host: host)
          .resolution(of: hop, on: host.interfaces[1]))
      return [traces.question.verdict, traces.answer.verdict]
    }
    #expect(try verdicts(Self.arp(.output, 1)) == [.drop, .accept])
    #expect(try verdicts(Self.arp(.input, 2)) == [.accept, .drop])
    #expect(try verdicts(Self.arp(.input, 1)) == [.accept, .accept])
  }

  @Test func theAnswersSenderIsNotKnown() throws {
    let host = Self.device()
    let hop = try #require(IPAddress("10.9.0.2"))
    let table = Build.inet(
      [
        Build.base(
          "c", .input,
          [
            Build.rule(
              1, [Build.load(.network, 8, 6), Build.compare(.equal, [2, 0, 0, 0, 0, 9])],
              ends: .drop)
          ])
      ], family: .arp)
    let traces = try #require(
      Evaluation(ruleset: Ruleset(tables: [table]), host: host)
        .resolution(of: hop, on: host.interfaces[1]))
    #expect(traces.answer.verdict == .conditional)
  }

  @Test func noARPWithoutAnAddress() throws {
    let host = Self.device { $0.addresses = [] }
    let hop = try #require(IPAddress("10.9.0.2"))
    let evaluation = Evaluation(ruleset: Ruleset(), host: host)
    #expect(evaluation.resolution(of: hop, on: host.interfaces[1]) == nil)
  }

  @Test func namesOfBridgesAreKnownAtTheirPorts() {
    let host = Self.device { $0.master = InterfaceIndex(rawValue: 7) }
    var withBridge = host
    withBridge.interfaces.append(
      Interface(
        index: InterfaceIndex(rawValue: 7), name: "br0", kind: "bridge",
        hardwareAddress: [2, 0, 0, 0, 0, 7]))
    let name = Array("br0".utf8) + [UInt8](repeating: 0, count: 13)
    let table = Build.inet(
      [
        Build.base(
          "c", .prerouting,
          [
            Build.rule(
              1,
              [
                .meta(Meta(destination: Build.register, key: .bridgeInputName)),
                Build.compare(.equal, name),
              ], ends: .drop)
          ])
      ], family: .bridge)
    let trace = Build.trace(Build.syn(), table, host: withBridge)
    #expect(trace.verdict == .drop)
    #expect(trace.words == ["c/1 drop"])
  }
}
