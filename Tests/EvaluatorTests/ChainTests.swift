import Evaluator
import Model
import Testing

/// How chains, verdicts and priorities work together (netfilter-semantics, section 2).
@Suite struct ChainTests {
  @Test func acceptEndsOnlyItsOwnBaseChain() {
    let trace = Build.trace(
      Build.syn(),
      Build.inet([
        Build.base("early", .input, priority: -1, [Build.rule(1, Build.tcp(22), ends: .accept)]),
        Build.base("late", .input, [Build.rule(2, Build.tcp(22), ends: .drop)]),
      ]))
    #expect(trace.verdict == .drop)
    #expect(trace.words == ["early/1 accept", "late/2 drop"])
    #expect(trace.decidedBy?.handle == 2)
  }

  @Test func ofEqualPrioritiesTheLastRegisteredRunsFirst() {
    let trace = Build.trace(
      Build.syn(),
      Build.inet([
        Build.base("first", .input, [Build.rule(1, ends: .accept)]),
        Build.base("second", .input, [Build.rule(2, ends: .accept)]),
      ]))
    #expect(trace.words == ["second/2 accept", "first/1 accept"])
  }

  @Test func returnGoesBackAndGotoDoesNot() {
    let callee = Chain(name: "callee", rules: [Build.rule(5, Build.tcp(22), ends: .return)])
    let jump = Build.trace(
      Build.syn(),
      Build.inet([
        callee,
        Build.base(
          "input", .input, policy: .drop,
          [Build.rule(1, ends: .jump(chain: "callee")), Build.rule(2, ends: .accept)]),
      ]))
    #expect(jump.words == ["input/1 jump", "callee/5 return", "input/2 accept"])
    let goto = Build.trace(
      Build.syn(),
      Build.inet([
        callee,
        Build.base(
          "input", .input, policy: .drop,
          [Build.rule(1, ends: .goto(chain: "callee")), Build.rule(2, ends: .accept)]),
      ]))
    #expect(goto.words == ["input/1 goto", "callee/5 return", "input/policy drop"])
    #expect(goto.decidedBy?.isPolicy == true)
  }

  @Test func gotoInsideAJumpReturnsToTheJumper() {
    let trace = Build.trace(
      Build.syn(),
      Build.inet([
        Chain(name: "b", rules: []),
        Chain(
          name: "a", rules: [Build.rule(3, ends: .goto(chain: "b")), Build.rule(4, ends: .drop)]),
        Build.base(
          "input", .input, [Build.rule(1, ends: .jump(chain: "a")), Build.rule(2, ends: .accept)]),
      ]))
    #expect(trace.words == ["input/1 jump", "a/3 goto", "input/2 accept"])
  }

  @Test func dormantTablesHaveNoHooks() {
    var table = Build.inet([Build.base("input", .input, policy: .drop, [])])
    table.isDormant = true
    #expect(Build.trace(Build.syn(), table).verdict == .accept)
  }

  @Test func aMissingDeviceMatchesNotEqualNamesAndBreaksGroups() {
    let name = [UInt8]("eth0".utf8) + [UInt8](repeating: 0, count: 12)
    let trace = Build.trace(
      Build.syn(),
      Build.inet([
        Build.base(
          "input", .input,
          [
            Build.rule(
              1,
              [
                .meta(Meta(destination: Build.register, key: .outputGroup)),
                Build.compare(.notEqual, [9, 0, 0, 0]),
              ], ends: .drop),
            Build.rule(
              2,
              [
                .meta(Meta(destination: Build.register, key: .outputName)),
                Build.compare(.notEqual, name),
              ], ends: .accept),
          ])
      ]))
    #expect(trace.words == ["input/2 accept"])
  }

  @Test func stateIsInvalidBeforeConntrackAndNewAfter() {
    func state(_ handle: UInt64, _ value: UInt32) -> Rule {
      Build.rule(
        handle,
        [
          .conntrack(Conntrack(destination: Build.register, key: .state)),
          Build.compare(.equal, Build.host32(value)),
        ], ends: .accept)
    }
    let trace = Build.trace(
      Build.syn(),
      Build.inet([
        Build.base("raw", .prerouting, priority: -300, [state(1, 0x08), state(2, 0x01)]),
        Build.base("filter", .input, [state(3, 0x01), state(4, 0x08)]),
      ]))
    #expect(trace.words == ["raw/2 accept", "filter/4 accept"])
  }

  @Test func theClampRuleMatchesWhetherTheOptionIsThereOrNot() {
    let clamp = Build.rule(
      9,
      [
        .meta(Meta(destination: Build.register, key: .transportProtocol)),
        Build.compare(.equal, [6]), Build.load(.transport, 13, 1),
        .bitwise(
          Bitwise(
            source: Build.register, destination: Build.register, length: 1,
            operation: .maskXor(mask: [2], xor: [0]))),
        Build.compare(.notEqual, [0]),
        .routing(Routing(destination: Build.register, key: .tcpMSS)),
        .byteOrder(
          ByteOrder(
            source: Build.register, destination: Build.register, toNetwork: true, length: 2,
            size: 2)),
        .extensionHeader(
          ExtensionHeader(
            access: .write(Build.register), kind: .tcpOption, type: 2, offset: 2, length: 2,
            isPresenceTest: false)),
      ])
    for options in [nil, []] as [[UInt8]?] {
      var query = Build.syn()
      query.tcpOptions = options
      let trace = Build.trace(query, Build.inet([Build.base("input", .input, [clamp])]))
      #expect(trace.words == ["input/9 continue", "input/policy accept"])
    }
  }

  @Test func aLimitMakesTheVerdictConditionalOnlyWhereItDecides() {
    let limit = Expression.limit(
      Limit(rate: 10, unit: 1, burst: 5, countsBytes: false, isOver: false))
    let logging = Build.trace(
      Build.syn(),
      Build.inet([
        Build.base(
          "input", .input,
          [Build.rule(1, [limit, .log(Log(prefix: "x"))]), Build.rule(2, ends: .drop)])
      ]))
    #expect(logging.verdict == .drop)
    #expect(logging.conditions.isEmpty)
    let deciding = Build.trace(
      Build.syn(),
      Build.inet([
        Build.base(
          "input", .input, policy: .drop, [Build.rule(1, [limit], ends: .accept)])
      ]))
    #expect(deciding.verdict == .conditional)
    #expect(deciding.branches.map(\.verdict) == [.accept, .drop])
    #expect(deciding.conditions.map(\.holds) == ["limit rate 10/second is not exceeded"])
    #expect(deciding.branches.last?.when == ["limit rate 10/second is exceeded"])
  }

  @Test func unknownExpressionsNeverMatchInSilence() {
    let trace = Build.trace(
      Build.syn(),
      Build.inet([
        Build.base(
          "input", .input,
          [
            Build.rule(
              1, [.unknown(UnknownExpression(name: "newthing", reason: "attribute 9", bytes: []))],
              ends: .drop)
          ])
      ]))
    #expect(trace.verdict == .conditional)
    #expect(trace.conditions.first?.holds.contains("newthing") == true)
  }
}
