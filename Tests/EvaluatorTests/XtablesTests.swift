import Model
import Testing

@testable import Evaluator

/// xtables matches and targets in revisions and forms that today's iptables does not write, and
/// what can't be decided. Those that it writes are held against the kernel in OracleTests.
@Suite struct XtablesTests {
  /// The parts of a C structure, each at its offset.
  private static func info(_ size: Int, _ parts: (Int, [UInt8])...) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size)
    for (offset, part) in parts {
      for (index, byte) in part.enumerated() { bytes[offset + index] = byte }
    }
    return bytes
  }

  private static func host16(_ value: UInt16) -> [UInt8] {
    [UInt8(value & 0xff), UInt8(value >> 8)]
  }

  private static func match(_ name: String, _ revision: UInt32, _ info: [UInt8]) -> [Expression] {
    [.xtablesMatch(XtablesExtension(name: name, revision: revision, info: info))]
  }

  private static func target(_ name: String, _ revision: UInt32, _ info: [UInt8]) -> [Expression] {
    [.xtablesTarget(XtablesExtension(name: name, revision: revision, info: info))]
  }

  /// What an input chain of iptables does with a SYN from 10.9.0.2:40000 to 10.9.0.1:22.
  private static func trace(
    _ rules: [Expression]..., in chain: (Hook, BaseChain.Kind, Int32) = (.input, .filter, 0),
    query: PacketQuery = Build.syn(), host: HostSnapshot = Build.host()
  ) -> Trace {
    let list = rules.enumerated().map { index, expressions in
      Rule(handle: UInt64(index + 1), expressions: expressions)
    }
    return Build.trace(
      query,
      Build.inet(
        [Build.base("INPUT", chain.0, priority: chain.2, kind: chain.1, list)], family: .ip),
      host: host)
  }

  /// Whether a match holds; `nil` where it can't be decided.
  private static func holds(
    _ name: String, _ revision: UInt32, _ info: [UInt8], query: PacketQuery = Build.syn()
  ) -> Bool? {
    let trace = trace(
      match(name, revision, info) + [Build.verdict(.drop)], query: query)
    return trace.verdict == .conditional ? nil : trace.verdict == .drop
  }

  @Test func oldRevisionsOfMatches() {
    // multiport revision 0: either port, 2 of them.
    let ports = Self.host16(80) + Self.host16(22)
    #expect(Self.holds("multiport", 0, Self.info(32, (0, [2, 2]), (2, ports))) == true)
    #expect(Self.holds("multiport", 0, Self.info(32, (0, [0, 2]), (2, ports))) == false)
    // addrtype revision 0: destination local (bit 2), then inverted.
    #expect(Self.holds("addrtype", 0, Self.info(12, (2, Self.host16(4)))) == true)
    #expect(
      Self.holds("addrtype", 0, Self.info(12, (2, Self.host16(4)), (8, [1, 0, 0, 0]))) == false)
    // conntrack revision 1 has masks of one byte, and ports in network order.
    let new = Self.info(152, (146, Self.host16(1)), (150, [8]))
    #expect(Self.holds("conntrack", 1, new) == true)
    let port = Self.info(152, (140, [0, 22]), (146, Self.host16(0x200)))
    #expect(Self.holds("conntrack", 1, port) == true)
    // hidden in the other byte order it would be port 5632.
    let swapped = Self.info(156, (140, [22, 0]), (146, Self.host16(0x200)))
    #expect(Self.holds("conntrack", 2, swapped) == false)
    // tos revision 0 compares the TOS bits alone.
    #expect(Self.holds("tos", 0, [0, 0]) == true)
    #expect(Self.holds("tos", 0, [0x10, 0]) == false)
  }

  @Test func translationsInEveryLayout() {
    let flags = Build.host32(3)
    let target: [UInt8] = [10, 9, 0, 77]
    let port: [UInt8] = [0x1f, 0x90]
    let old = Self.info(
      24, (0, [1, 0, 0, 0]), (4, flags), (8, target), (12, target), (16, port), (18, port))
    let first = Self.info(40, (0, flags), (4, target), (20, target), (36, port), (38, port))
    let second = Self.info(48, (0, flags), (4, target), (20, target), (36, port), (38, port))
    for (revision, info) in [(UInt32(0), old), (1, first), (2, second)] {
      let trace = Self.trace(
        Self.target("DNAT", revision, info), in: (.prerouting, .nat, -100))
      #expect(trace.steps.map(\.verdict) == [.dnat])
      #expect(trace.delivery.address == IPAddress("10.9.0.77"), "revision \(revision)")
      #expect(trace.delivery.port == Port(8080), "revision \(revision)")
    }
  }

  @Test func portsKeepTheirDistanceFromTheBase() {
    // PROTO_OFFSET 0x20: 22 is 2 behind the base 20, and 9002 is 2 behind 9000.
    let info = Self.info(
      48, (0, Build.host32(0x22)), (36, Build.be16(9000)), (38, Build.be16(9010)),
      (40, Build.be16(20)))
    let trace = Self.trace(Self.target("DNAT", 2, info), in: (.prerouting, .nat, -100))
    #expect(trace.delivery.port == Port(9002))
  }

  @Test func queuesWithAndWithoutReaders() {
    func verdict(_ revision: UInt32, _ info: [UInt8], readers: Set<UInt16> = []) -> Trace {
      var host = Build.host()
      host.queueReaders = readers
      return Self.trace(Self.target("NFQUEUE", revision, info), host: host)
    }
    #expect(verdict(0, [5, 0]).verdict == .queue)
    #expect(verdict(0, [5, 0]).queue == 5)
    #expect(verdict(1, [5, 0, 1, 0]).verdict == .queue)
    #expect(verdict(2, [5, 0, 1, 0, 1, 0]).verdict == .accept)
    #expect(verdict(3, [5, 0, 1, 0, 1, 0]).verdict == .accept)
    #expect(verdict(3, [5, 0, 1, 0, 0, 0], readers: [5]).verdict == .conditional)
  }

  @Test func aTransparentProxyNeedsItsSocket() {
    let trace = Self.trace(
      Self.target("TPROXY", 1, Self.info(32)), in: (.prerouting, .filter, -150))
    #expect(trace.verdict == .conditional)
    #expect(trace.branches.map(\.verdict).contains(.drop))
  }

  @Test(arguments: [
    ("limit", UInt32(0), 40), ("hashlimit", 1, 56), ("hashlimit", 3, 312), ("set", 4, 48),
    ("time", 0, 24), ("socket", 1, 8), ("bpf", 1, 600), ("cpu", 0, 8), ("quota", 0, 24),
    ("rateest", 0, 80), ("cluster", 0, 16),
  ])
  func whatOnlyTheKernelKnowsIsConditional(_ name: String, _ revision: UInt32, _ size: Int) {
    let trace = Self.trace(
      Self.match(name, revision, Self.info(size)) + [Build.verdict(.drop)])
    #expect(trace.verdict == .conditional)
    #expect(trace.conditions.count == 1)
    #expect(trace.branches.count == 2)
  }

  @Test func limitsAreTakenAsNotExceeded() {
    // 5 a second: 2000 ten-thousandths each.
    let limit = Self.info(40, (0, Build.host32(2000)))
    let trace = Self.trace(
      Self.match("limit", 0, limit) + [Build.verdict(.accept)], [Build.verdict(.drop)])
    #expect(trace.verdict == .conditional)
    #expect(trace.likeliestVerdict == .accept)
    #expect(trace.conditions.first?.fails == "limit 5/second is exceeded")
  }

  @Test func recentListsAreWrittenForCertain() {
    let set = Self.info(232, (8, [2, 0]), (10, Array("r".utf8)))
    #expect(Self.holds("recent", 1, set) == true)
    let check = Self.info(232, (0, Build.host32(60)), (8, [1, 0]), (10, Array("r".utf8)))
    #expect(Self.holds("recent", 1, check) == nil)
  }

  @Test func aTruncatedHeaderDrops() {
    var query = Build.syn()
    let header: [UInt8] =
      [0x45, 0, 0, 30, 0, 1, 0x40, 0, 64, 6, 0x26, 0xc5, 10, 9, 0, 2, 10, 9, 0, 1]
    let ports: [UInt8] = [0x9c, 0x40, 0, 22, 0, 0, 0, 1, 0, 0]
    query.frame = [UInt8](repeating: 0, count: 12) + [8, 0] + header + ports
    let all = Self.host16(0) + Self.host16(.max)
    let trace = Self.trace(
      Self.match("tcp", 0, Self.info(16, (0, all), (4, all))) + [Build.verdict(.accept)],
      query: query)
    #expect(trace.verdict == .drop)
    #expect(trace.decidedBy?.handle == 1)
  }

  @Test func unknownRevisionsAndShortStructuresAreNotGuessed() {
    #expect(Self.holds("conntrack", 9, Self.info(200)) == nil)
    #expect(Self.holds("nosuch", 0, []) == nil)
    for known in XtablesMatch.catalogue.values.flatMap({ $0 }) where known.size > 0 {
      #expect(Self.holds(known.name, known.revision, Self.info(known.size - 1)) == nil)
    }
    for known in XtablesTarget.catalogue.values.flatMap({ $0 }) where known.size > 0 {
      let trace = Self.trace(Self.target(known.name, known.revision, Self.info(known.size - 1)))
      #expect(trace.verdict == .conditional, "\(known.name)")
    }
  }

  /// Any bytes at all: some answer comes back, for packets of every kind.
  @Test func noStructureStopsTheEvaluation() {
    var generator = PacketSetTests.Generator(state: 20)
    var udp = Build.syn()
    udp.transport = .udp
    var ping = Build.syn()
    ping.transport = .icmp
    var own = Build.syn(from: "10.9.0.1:40000", to: "10.9.0.2:22", in: nil)
    own.source.port = nil
    for query in [Build.syn(), udp, ping, own] {
      let hook: Hook = query.inputInterface == nil ? .output : .prerouting
      for _ in 0..<6 {
        for known in XtablesMatch.catalogue.values.flatMap({ $0 }) {
          let bytes = (0..<known.size + 8).map { _ in UInt8.random(in: 0...255, using: &generator) }
          let trace = Self.trace(
            Self.match(known.name, known.revision, bytes) + [Build.verdict(.drop)],
            in: (hook, .filter, -150), query: query)
          #expect([.accept, .drop, .conditional].contains(trace.verdict), "\(known.name)")
        }
        for known in XtablesTarget.catalogue.values.flatMap({ $0 }) {
          let bytes = (0..<known.size + 8).map { _ in UInt8.random(in: 0...255, using: &generator) }
          _ = Self.trace(
            Self.target(known.name, known.revision, bytes), in: (hook, .nat, -100), query: query)
        }
      }
    }
  }
}
