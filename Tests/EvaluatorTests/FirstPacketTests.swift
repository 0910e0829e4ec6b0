import Evaluator
import Model
import Testing

/// What conntrack says of a packet when nobody has said what it will.
@Suite struct FirstPacketTests {
  private func state(_ query: PacketQuery) -> UInt64? {
    var query = query
    query.isConntrackStateGiven = false
    func rule(_ handle: UInt64, _ bit: UInt32) -> Rule {
      Build.rule(
        handle,
        [
          .conntrack(Conntrack(destination: Build.register, key: .state)),
          Build.compare(.equal, Build.host32(bit)),
        ], ends: .accept)
    }
    let chain = Build.base("p", .prerouting, [rule(1, 1), rule(8, 8), rule(64, 64)])
    return Evaluation(ruleset: Ruleset(tables: [Build.inet([chain])]), host: Build.host())
      .trace(query).decidedBy?.handle
  }

  private static let flags: [(TCPFlags, UInt64)] = [
    (.syn, 8), ([.syn, .ece, .cwr], 8), ([.syn, .urg], 8), (.ack, 8), ([.ack, .psh], 8),
    (.fin, 1), ([.fin, .ack], 1), (.rst, 1), ([.syn, .ack], 1), ([], 1), ([.syn, .fin], 1),
    ([.fin, .psh, .urg], 1),
  ]

  @Test(arguments: flags) func aConnectionBeginsWithASYNOrIsPickedUp(
    _ flags: TCPFlags, _ expected: UInt64
  ) {
    var query = Build.syn()
    query.tcpFlags = flags
    #expect(state(query) == expected)
    query.conntrackState = .established
    #expect(state(query) == nil, "what was said holds")
  }

  @Test(arguments: [(8, 8), (13, 8), (0, 1), (3, 1), (11, 1)] as [(UInt8, UInt64)])
  func onlyRequestsBeginAnything(_ type: UInt8, _ expected: UInt64) throws {
    var query = Build.syn()
    query.transport = .icmp
    query.source = Endpoint(query.source.address)
    query.destination = Endpoint(query.destination.address)
    query.icmpType = type
    #expect(state(query) == expected)
  }
}
