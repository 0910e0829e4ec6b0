import Evaluator
import Model
import Testing

/// Matches on the packet inside a tunnel (net/netfilter/nft_inner.c).
@Suite struct InnerTests {
  /// TCP from 192.0.2.1 port 1 to 192.0.2.2 port 80, IP header first.
  private static let inside: [UInt8] =
    [0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]
    + [0, 1, 0, 80] + [UInt8](repeating: 0, count: 16)
  private static let ether: [UInt8] =
    [UInt8](repeating: 2, count: 6) + [UInt8](repeating: 4, count: 6) + [8, 0]
  private static let vxlan: [UInt8] = [8, 0, 0, 0, 0, 0, 7, 0]
  private static let geneve: [UInt8] =
    [1, 0, 0x65, 0x58, 0, 0, 7, 0] + [UInt8](repeating: 9, count: 4)

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var inner: Inner
    var data: [UInt8]
    var transport = TransportProtocol.udp
    var payload: [UInt8]
    var matches = true
  }

  private static func load(_ base: PayloadBase, _ offset: Int, _ length: Int) -> Expression {
    Build.load(base, offset, length)
  }

  private static func inner(_ type: UInt32, flags: UInt32, _ expression: Expression) -> Inner {
    Inner(
      headerSize: type <= 2 ? 8 : 4, flags: flags, type: type, expression: expression)
  }

  static let cases: [Case] = [
    Case(
      testDescription: "vxlan ip saddr",
      inner: inner(1, flags: 15, load(.network, 12, 4)), data: [192, 0, 2, 1],
      payload: vxlan + ether + inside),
    Case(
      testDescription: "vxlan vni", inner: inner(1, flags: 15, load(.tunnel, 4, 3)),
      data: [0, 0, 7], payload: vxlan + ether + inside),
    Case(
      testDescription: "vxlan ether type behind a VLAN tag",
      inner: inner(
        1, flags: 15, .meta(Meta(destination: Build.register, key: .protocol))),
      data: [0x81, 0],
      payload: vxlan + ether.prefix(12) + [0x81, 0, 0, 5, 8, 0] + inside),
    Case(
      testDescription: "geneve tcp dport behind an option",
      inner: inner(2, flags: 15, load(.transport, 2, 2)), data: [0, 80],
      payload: geneve + ether + inside),
    Case(
      testDescription: "gre l4proto",
      inner: inner(
        3, flags: 12, .meta(Meta(destination: Build.register, key: .transportProtocol))),
      data: [6], transport: .gre, payload: [0, 0, 8, 0] + inside),
    Case(
      testDescription: "gre with a key",
      inner: inner(3, flags: 12, load(.network, 16, 4)), data: [192, 0, 2, 2], transport: .gre,
      payload: [0x20, 0, 8, 0, 0, 0, 0, 9] + inside),
    Case(
      testDescription: "gre of another version",
      inner: inner(3, flags: 12, load(.network, 16, 4)), data: [192, 0, 2, 2], transport: .gre,
      payload: [0, 1, 8, 0] + inside, matches: false),
    Case(
      testDescription: "gretap ether saddr",
      inner: inner(4, flags: 14, load(.link, 6, 6)), data: [4, 4, 4, 4, 4, 4], transport: .gre,
      payload: [0, 0, 0x65, 0x58] + ether + inside),
    Case(
      testDescription: "cut short", inner: inner(1, flags: 15, load(.network, 12, 4)),
      data: [192, 0, 2, 1], payload: vxlan + ether + inside.prefix(10), matches: false),
    Case(
      testDescription: "no tunnel at all", inner: inner(1, flags: 15, load(.network, 12, 4)),
      data: [192, 0, 2, 1], transport: .icmp, payload: [], matches: false),
  ]

  @Test(arguments: cases) func matchesWhatIsInside(_ example: Case) {
    let ports = example.transport == .udp
    let query = PacketQuery(
      transport: example.transport,
      source: Endpoint(ports ? "10.9.0.2:40000" : "10.9.0.2") ?? Endpoint(.anyV4),
      destination: Endpoint(ports ? "10.9.0.1:4789" : "10.9.0.1") ?? Endpoint(.anyV4),
      inputInterface: "eth0", payload: example.payload)
    let trace = Build.trace(
      query,
      Build.inet([
        Build.base(
          "input", .input,
          [
            Build.rule(
              1, [.inner(example.inner), Build.compare(.equal, example.data)], ends: .drop)
          ])
      ]))
    #expect(trace.verdict == (example.matches ? .drop : .accept))
  }
}
