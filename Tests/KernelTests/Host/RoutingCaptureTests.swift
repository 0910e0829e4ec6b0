import Model
import Testing

@testable import Kernel

/// Recorded rtnetlink dumps, against what was configured when they were recorded.
@Suite struct RoutingCaptureTests {
  @Test func links() throws {
    let links = try Capture("rtnetlink-links").decode { (m) throws(KernelError) in
      try LinkMessage(m)?.interface
    }
    #expect(links.map(\.name) == ["lo", "eth1", "eth0", "br0"])
    let eth0 = try #require(links.first { $0.name == "eth0" })
    let eth1 = try #require(links.first { $0.name == "eth1" })
    let br0 = try #require(links.first { $0.name == "br0" })
    #expect(links[0].isLoopback && links[0].hardwareType == 772 && links[0].kind == nil)
    #expect(eth0.kind == "veth" && eth0.group == 7 && eth0.mtu == 1400 && eth0.isUp)
    #expect(eth0.link == eth1.index && eth0.hasCarrier && !eth0.hasXDP)
    #expect(eth0.hardwareAddress.count == 6 && eth0.master == nil)
    #expect(eth1.master == br0.index)
    #expect(br0.kind == "bridge")
  }

  @Test func addresses() throws {
    let all = try Capture("rtnetlink-addresses").decode { (m) throws(KernelError) in
      try InterfaceReader.address(m)?.1
    }
    let first = try #require(all.first { $0.address == IPAddress("192.0.2.1") })
    #expect(first.prefixLength == 24 && first.broadcast == IPAddress("192.0.2.255"))
    #expect(first.peer == nil && !first.isSecondary)
    let second = try #require(all.first { $0.address == IPAddress("192.0.2.7") })
    #expect(second.isSecondary)
    let pointToPoint = try #require(all.first { $0.address == IPAddress("198.51.100.1") })
    #expect(pointToPoint.peer == IPAddress("198.51.100.2"))
    #expect(pointToPoint.prefix == Prefix("198.51.100.2/32"))
    let v6 = try #require(all.first { $0.address == IPAddress("2001:db8::1") })
    #expect(v6.prefixLength == 64 && v6.scope == 0 && !v6.isDuplicate)
    #expect(all.contains { $0.address == .loopbackV4 && $0.scope == 254 })
  }

  @Test func routes() throws {
    let routes = try Capture("rtnetlink-routes").decode { (m) throws(KernelError) in
      try RouteMessage(m)?.route
    }
    func route(_ text: String, table: UInt32 = 254) -> Route? {
      routes.first { $0.destination == Prefix(text) && $0.table == table }
    }
    let standard = try #require(route("0.0.0.0/0"))
    #expect(standard.nextHops.first?.gateway == IPAddress("192.0.2.254"))
    #expect(standard.preferredSource == IPAddress("192.0.2.7") && standard.mtu == 1300)
    let multipath = try #require(route("203.0.113.0/24"))
    #expect(multipath.nextHops.map(\.weight) == [3, 1])
    #expect(multipath.nextHops.map(\.gateway) == [IPAddress("192.0.2.2"), IPAddress("192.0.2.3")])
    #expect(route("10.1.0.0/16")?.type == .blackhole)
    #expect(route("10.2.0.0/16")?.type == .unreachable)
    #expect(route("10.3.0.0/16")?.type == .prohibit && route("10.3.0.0/16")?.priority == 9)
    #expect(route("10.4.0.0/16", table: 100)?.type == .throw)
    #expect(route("10.5.0.0/16")?.realm == 5)
    #expect(route("10.6.0.0/16")?.nextHops.map(\.weight) == [4, 1])
    #expect(route("10.7.0.0/16")?.nextHops.first?.gateway == IPAddress("2001:db8::9"))
    #expect(route("192.0.2.1/32", table: 255)?.type == .local)
    #expect(route("192.0.2.255/32", table: 255)?.type == .broadcast)
    #expect(route("::/0")?.nextHops.first?.gateway == IPAddress("2001:db8::ff"))
    #expect(route("2001:db8:dead::/48")?.type == .unreachable)
    #expect(route("ff00::/8", table: 255)?.type == .multicast)
  }

  @Test func rules() throws {
    let rules = try Capture("rtnetlink-rules").decode { (m) throws(KernelError) in
      try RoutingRuleReader.rule(m)
    }
    func rule(_ priority: UInt32, _ family: IPFamily = .v4) -> RoutingRule? {
      rules.first { $0.priority == priority && $0.family == family }
    }
    let marked = try #require(rule(100))
    #expect(marked.source == Prefix("192.0.2.0/24") && marked.destination == Prefix("10.0.0.0/8"))
    #expect(marked.mark == 0x10 && marked.markMask == 0xf0 && marked.inputInterface == "eth0")
    #expect(marked.action == .lookup(table: 100))
    let narrow = try #require(rule(101))
    #expect(narrow.users == 1000...2000 && narrow.transportProtocol == 6)
    #expect(narrow.sourcePorts == 1024...2048 && narrow.destinationPorts == 80...90)
    #expect(narrow.outputInterface == "eth0" && narrow.action == .goto(priority: 32766))
    #expect(rule(103)?.suppressedPrefixLength == 0 && rule(103)?.action == .lookup(table: 254))
    #expect(rule(104)?.tos == 0x10 && rule(104)?.action == .blackhole)
    #expect(rule(40000)?.isInverted == true && rule(40000)?.action == .prohibit)
    #expect(rule(200, .v6)?.action == .unreachable)
    #expect(rule(0)?.action == .lookup(table: 255) && rule(0)?.suppressedPrefixLength == nil)
    #expect(rule(32766, .v6)?.action == .lookup(table: 254))
  }

  @Test func neighbours() throws {
    let all = try Capture("rtnetlink-neighbours").decode { (m) throws(KernelError) in
      try NeighbourReader.neighbour(m)
    }
    let fixed = try #require(all.first { $0.address == IPAddress("192.0.2.50") })
    #expect(fixed.state == .permanent && fixed.hardwareAddress == [2, 0, 0, 0, 0, 0x50])
    let failed = try #require(all.first { $0.address == IPAddress("192.0.2.51") })
    #expect(failed.state == .failed && failed.hardwareAddress.isEmpty)
  }

  @Test func nextHopObjects() throws {
    let all = try Capture("rtnetlink-nexthops").decode { (m) throws(KernelError) in
      try NextHopReader.entry(m)
    }
    #expect(all.map(\.id) == [1, 2, 3])
    #expect(all.first?.hop.gateway == IPAddress("192.0.2.9"))
    #expect(all.last?.members.map(\.id) == [1, 2])
    #expect(all.last?.members.map(\.weight) == [4, 1])
  }

  @Test func ipsecPolicies() throws {
    let all = try Capture("ipsec-policies").decode { (m) throws(KernelError) in
      try TransformPolicyReader.policy(m)
    }
    let block = try #require(all.first { $0.direction == 0 })
    #expect(block.blocks && !block.requiresTransform && block.priority == 5)
    #expect(block.selector.source == Prefix("10.8.0.0/16"))
    #expect(block.selector.destination == Prefix("192.0.2.1/32"))
    #expect(block.selector.transport == .tcp && block.selector.destinationPorts == 22...22)
    #expect(block.selector.sourcePorts == nil)
    let require = try #require(all.first { $0.direction == 1 })
    #expect(!require.blocks && require.requiresTransform)
  }
}
