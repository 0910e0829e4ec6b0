import Model
import Reporting
import Testing

@Suite("Packets of a batch")
struct BatchLineTests {
  private static func packet(_ text: String) throws -> PacketQuery {
    guard case .packet(let query, _) = try BatchLine(Array(text.utf8)[...]) else {
      throw PacketMissing()
    }
    return query
  }

  private struct PacketMissing: Error {}

  @Test func everyKeyOfTheContractIsUnderstood() throws {
    let query = try Self.packet(
      """
      {"protocol":"tcp","from":"10.9.0.2:40000","to":"10.9.0.1:22","in":"eth0","out":null,
       "tcpFlags":["syn","ack"],"ctState":"established","ctDirection":"reply","ctMark":7,"mark":8,
       "uid":9,"gid":10,"ttl":11,"dscp":46,"ecn":2,"ipId":513,"ipOptions":"94040000",
       "fragment":null,"extensions":[],"payload":"00ff","tcpOptions":"0204 05b4","mss":1400,
       "icmpType":null,
       "icmpCode":0,"icmpId":5,"icmpSequence":6,"pkttype":"broadcast",
       "etherFrom":"02:00:00:00:00:01","crafted":false}
      """)
    #expect(query.source == Endpoint("10.9.0.2:40000") && query.destination.port == Port(22))
    #expect(query.inputInterface == "eth0" && query.outputInterface == nil)
    #expect(query.tcpFlags == [.syn, .ack] && query.conntrackState == .established)
    #expect(query.conntrackDirection == .reply && query.conntrackMark == 7 && query.mark == 8)
    #expect(query.userID == 9 && query.groupID == 10)
    #expect(query.ttl == 11 && query.dscp == 46 && query.ecn == 2)
    #expect(query.payload == [0, 255] && query.tcpOptions == [2, 4, 5, 0xb4])
    let details = query.details
    #expect(details.identification == 513 && details.ipOptions == [0x94, 4, 0, 0])
    #expect(details.maximumSegment == 1400 && details.icmpID == 5 && details.icmpSequence == 6)
    #expect(details.packetType == 1 && details.etherSource == [2, 0, 0, 0, 0, 1])
    #expect(details.isCrafted, "a SYN-ACK is not what an ordinary socket begins with")
    #expect(details.fragment == nil && details.extensions.isEmpty)
  }

  @Test func defaultsAreThoseOfAFirstPacket() throws {
    let query = try Self.packet(#"{"from":"10.9.0.2:40000","to":"10.9.0.1:22"}"#)
    var expected = PacketQuery(
      transport: .tcp, source: Endpoint(query.source.address, port: Port(40000)),
      destination: Endpoint(query.destination.address, port: Port(22)))
    expected.isConntrackStateGiven = false
    #expect(query == expected)
  }

  @Test func fragmentsAndExtensionHeaders() throws {
    let query = try Self.packet(
      """
      {"protocol":"udp","from":"[fd09::2]:1","to":"[fd09::1]:2",
       "fragment":{"offset":1480,"more":true,"id":77},
       "extensions":["hopopts",{"type":60,"data":"000104000000"},43]}
      """)
    #expect(query.details.fragment == PacketDetails.Fragment(offset: 1480, hasMore: true))
    #expect(query.details.identification == 77)
    #expect(query.details.extensions.map(\.type) == [0, 60, 43])
  }

  @Test func anErrorQuotesAPacketAndGoesTheOtherWay() throws {
    let query = try Self.packet(
      """
      {"protocol":"icmp","from":"10.9.0.1","to":"10.9.0.2","ctState":"related","icmpType":3,
       "about":{"protocol":"udp","from":"10.9.0.2:1","to":"10.9.0.1:2"}}
      """)
    guard case .packet(let quoted)? = query.details.quote else {
      Issue.record("nothing is quoted")
      return
    }
    #expect(quoted.transport == .udp && quoted.destination.port == Port(2))
    #expect(query.conntrackDirection == .reply)
  }

  @Test func aFrameSaysItself() throws {
    let query = try Self.packet(
      """
      {"in":"eth0","frame":"020000000001020000000002 0800 4500002800010000400600000a0900020a090001\
      9c400016000000010000000050020000 00000000"}
      """)
    #expect(query.transport == .tcp && query.source == Endpoint("10.9.0.2:40000"))
    #expect(query.destination == Endpoint("10.9.0.1:22"))
  }

  @Test func reloadIsAloneOnItsLine() throws {
    #expect(try BatchLine(Array(#"{"reload": true}"#.utf8)[...]) == .reload)
    #expect(throws: PacketJSONError.self) {
      try BatchLine(Array(#"{"reload":true,"to":"10.9.0.1:1"}"#.utf8)[...])
    }
    #expect(throws: PacketJSONError.self) { try BatchLine(Array(#"{"reload":1}"#.utf8)[...]) }
  }
}
