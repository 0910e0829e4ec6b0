import Model
import Testing

@testable import Kernel

/// No bytes make a decoder trap: every truncation of a dump, and dumps with bytes changed at
/// random.
@Suite struct HostileDumpTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let decode: @Sendable (Capture) throws(KernelError) -> Int
    var testDescription: String { name }

    init<Value>(
      _ name: String,
      _ body: @escaping @Sendable (borrowing NetlinkMessage) throws(KernelError) -> Value?
    ) {
      self.name = name
      decode = { (capture) throws(KernelError) in try capture.decode(body).count }
    }
  }

  static let cases: [Case] = [
    Case("rtnetlink-links") { (m) throws(KernelError) in try LinkMessage(m) },
    Case("rtnetlink-addresses") { (m) throws(KernelError) in try InterfaceReader.address(m) },
    Case("rtnetlink-routes") { (m) throws(KernelError) in try RouteMessage(m) },
    Case("rtnetlink-rules") { (m) throws(KernelError) in try RoutingRuleReader.rule(m) },
    Case("rtnetlink-neighbours") { (m) throws(KernelError) in try NeighbourReader.neighbour(m) },
    Case("rtnetlink-nexthops") { (m) throws(KernelError) in try NextHopReader.entry(m) },
    Case("rtnetlink-qdiscs") { (m) throws(KernelError) in try TrafficControlReader.place(m) },
    Case("ipsec-policies") { (m) throws(KernelError) in try TransformPolicyReader.policy(m) },
    Case("sock-diag-tcp-v4") { (m) throws(KernelError) in try ListenerReader.listener(m, .tcp) },
    Case("sock-diag-tcp-v6") { (m) throws(KernelError) in
      var groups = CgroupAncestry()
      return try SocketTableReader.socket(m, .tcp, &groups)
    },
    Case("sock-diag-tcp-v6") { (m) throws(KernelError) in try ListenerReader.listener(m, .tcp) },
    Case("sock-diag-udp-v4") { (m) throws(KernelError) in try ListenerReader.listener(m, .udp) },
    Case("sock-diag-udp-v6") { (m) throws(KernelError) in try ListenerReader.listener(m, .udp) },
  ]

  @Test(arguments: cases) func truncated(_ example: Case) throws {
    let whole = try Capture(example.name)
    let count = try example.decode(whole)
    #expect(count > 0)
    for length in 0..<whole.bytes.count {
      // Cut short between two messages it is a shorter dump; anywhere else it must be refused.
      guard let fewer = try? example.decode(Capture(bytes: Array(whole.bytes.prefix(length))))
      else {
        continue
      }
      #expect(fewer <= count)
    }
  }

  /// A single message whose own length was cut, header adjusted: the attributes end too early.
  @Test(arguments: cases) func messageCutInside(_ example: Case) throws {
    let whole = try Capture(example.name).bytes
    let first = Int(whole[0]) | Int(whole[1]) << 8
    for length in 16..<first {
      var bytes = Array(whole.prefix(length))
      bytes[0] = UInt8(length & 0xff)
      bytes[1] = UInt8(length >> 8)
      _ = try? example.decode(Capture(bytes: bytes))
    }
  }

  @Test(arguments: cases) func changedAtRandom(_ example: Case) throws {
    let whole = try Capture(example.name).bytes
    var seed: UInt64 = 0x5eed_cafe
    func next(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % bound
    }
    for _ in 0..<2_000 {
      var bytes = whole
      for _ in 0..<(1 + next(6)) { bytes[next(bytes.count)] = UInt8(next(256)) }
      _ = try? example.decode(Capture(bytes: bytes))
    }
  }
}
