import Evaluator
import Model
import Testing

/// Lookups in sets of every shape (netfilter-semantics, section 3.8).
@Suite struct SetTests {
  private func verdict(
    of set: ElementSet, key: [Expression], to destination: String, from: String = "10.9.0.2:40000"
  ) -> Trace.Verdict {
    let rule = Build.rule(
      1, key, [.lookup(Lookup(set: set.name, source: Build.register))], ends: .drop)
    return Build.trace(
      Build.syn(from: from, to: destination),
      Build.inet([Build.base("input", .input, [rule])], sets: [set])
    ).verdict
  }

  private let port = [Build.load(.transport, 2, 2)]

  @Test(arguments: [(21, false), (22, true), (23, false), (80, true), (90, true), (91, false)])
  func intervalsAreHalfOpen(number: Int, isIn: Bool) {
    // As the kernel dumps { 22, 80-90 }: starts, exclusive ends, and a dummy end at 0.
    let set = ElementSet(
      name: "s", flags: .interval, keyLength: 2,
      elements: .loaded([
        Element(key: Build.be16(91), isIntervalEnd: true), Element(key: Build.be16(80)),
        Element(key: Build.be16(23), isIntervalEnd: true), Element(key: Build.be16(22)),
        Element(key: [0, 0], isIntervalEnd: true),
      ]))
    #expect(verdict(of: set, key: port, to: "10.9.0.1:\(number)") == (isIn ? .drop : .accept))
  }

  @Test func anIntervalWithoutEndReachesTheTop() {
    let set = ElementSet(
      name: "s", flags: .interval, keyLength: 2,
      elements: .loaded([Element(key: Build.be16(60000))]))
    #expect(verdict(of: set, key: port, to: "10.9.0.1:65535") == .drop)
    #expect(verdict(of: set, key: port, to: "10.9.0.1:59999") == .accept)
  }

  @Test func rangedConcatenationsCompareFieldByField() {
    let set = ElementSet(
      name: "s", flags: [.interval, .concatenation], keyLength: 8, fieldLengths: [4, 2],
      elements: .loaded([
        Element(key: [10, 9, 0, 0, 0, 80, 0, 0], keyEnd: [10, 9, 0, 255, 0, 90, 0, 0])
      ]))
    let key = [
      Build.load(.network, 12, 4),
      Expression.payload(
        Payload(destination: .data(offset: 4), base: .transport, offset: 2, length: 2)),
    ]
    #expect(verdict(of: set, key: key, to: "10.9.0.1:85") == .drop)
    #expect(verdict(of: set, key: key, to: "10.9.0.1:95") == .accept)
    #expect(verdict(of: set, key: key, to: "10.9.0.1:85", from: "10.8.0.2:1") == .accept)
  }

  @Test func theCatchAllElementTakesTheRest() {
    let set = ElementSet(
      name: "s", keyLength: 2,
      elements: .loaded([Element(key: Build.be16(1)), Element(key: nil)]))
    #expect(verdict(of: set, key: port, to: "10.9.0.1:4505") == .drop)
  }

  @Test func elementsAddedOnTheWayAreSeenByLaterRules() {
    let set = ElementSet(name: "s", flags: [.dynamic], keyLength: 4)
    let add = Build.rule(
      1,
      [
        Build.load(.network, 12, 4),
        .dynamicSet(DynamicSet(set: "s", operation: .add, key: Build.register)),
      ])
    let look = Build.rule(
      2,
      [
        Build.load(.network, 12, 4), .lookup(Lookup(set: "s", source: Build.register)),
      ], ends: .drop)
    let trace = Build.trace(
      Build.syn(), Build.inet([Build.base("input", .input, [look, add, look])], sets: [set]))
    #expect(trace.words == ["input/1 continue", "input/2 drop"])
  }

  @Test func aVerdictMapDecidesByKeyAndMissesGoOn() {
    let set = ElementSet(
      name: "m", flags: .map, keyLength: 2, dataType: 0xffff_ff00, dataLength: 16,
      elements: .loaded([
        Element(key: Build.be16(22), data: .verdict(.accept)),
        Element(key: Build.be16(80), data: .verdict(.drop)),
      ]))
    let rule = Build.rule(
      1, port, [.lookup(Lookup(set: "m", source: Build.register, destination: .verdict))])
    let table = Build.inet(
      [Build.base("input", .input, policy: .drop, [rule])], sets: [set])
    #expect(Build.trace(Build.syn(), table).words == ["input/1 accept"])
    #expect(Build.trace(Build.syn(to: "10.9.0.1:80"), table).words == ["input/1 drop"])
    #expect(Build.trace(Build.syn(to: "10.9.0.1:81"), table).words == ["input/policy drop"])
  }
}
