import Model
import TestSupport
import Testing

@testable import Kernel

/// Two namespaces on one wire; `a` has a route of every type.
@Suite(.needsRoot) struct RoutingReaderTests {
  private let fixture = NamespaceFixture()
  private let a: TestNamespace
  private let b: TestNamespace

  init() throws {
    a = try fixture.addNamespace()
    b = try fixture.addNamespace()
    try fixture.connect(
      a, "eth0", ["192.0.2.1/24", "2001:db8::1/64"], b, "eth0", ["192.0.2.2/24", "2001:db8::2/64"])
  }

  private func answer(_ query: RouteQuery) throws -> RouteAnswer {
    try a.inside { try RouteReader.route(for: query) }
  }

  private func index(_ name: String) throws -> InterfaceIndex {
    let interfaces = try a.inside { try InterfaceReader.interfaces() }
    return try #require(interfaces.first { $0.name == name }).index
  }

  @Test func interfacesWithAddresses() throws {
    try a.ip("link add br0 type bridge")
    try a.ip("link set eth0 master br0")
    try b.ip("link set eth0 down")
    let all = try a.inside { try InterfaceReader.interfaces() }
    func interface(_ name: String) -> Interface? { all.first { $0.name == name } }
    #expect(all.map(\.name).sorted() == ["br0", "eth0", "lo"])
    #expect(interface("br0")?.kind == "bridge" && interface("br0")?.isUp == false)
    let eth0 = try #require(interface("eth0"))
    #expect(eth0.master == interface("br0")?.index)
    #expect(eth0.isUp && !eth0.hasCarrier && eth0.kind == "veth")
    // The other end is in another namespace, where numbers mean something else.
    #expect(eth0.link == nil)
    #expect(eth0.addresses.contains { $0.address == IPAddress("192.0.2.1") })
    #expect(interface("lo")?.addresses.map(\.address).contains(.loopbackV6) == true)
  }

  @Test func answersOfEveryType() throws {
    try a.ip("route add default via 192.0.2.2")
    for (type, block) in [("blackhole", 1), ("unreachable", 2), ("prohibit", 3), ("throw", 4)] {
      try a.ip("route add \(type) 10.\(block).0.0/16")
      try a.ip("-6 route add \(type) 2001:db8:\(block)::/48")
    }
    let eth0 = try index("eth0")
    func route(to text: String) throws -> RouteAnswer {
      try answer(RouteQuery(destination: #require(IPAddress(text))))
    }
    #expect(
      try route(to: "192.0.2.9")
        == .route(
          type: .unicast, interface: eth0, gateway: nil, source: IPAddress("192.0.2.1"), table: 254)
    )
    #expect(
      try route(to: "203.0.113.1")
        == .route(
          type: .unicast, interface: eth0, gateway: IPAddress("192.0.2.2"),
          source: IPAddress("192.0.2.1"), table: 254))
    // The device is loopback, as for every address of the host itself. Until there are rules of
    // one's own, local and main are one trie, and the kernel calls both 254 (`fib_unmerge`).
    let loopback = try index("lo")
    let own = try route(to: "192.0.2.1")
    guard case .route(.local, loopback, nil, IPAddress("192.0.2.1"), 254) = own else {
      Issue.record("own address: \(own)")
      return
    }
    try a.ip("rule add pref 50 fwmark 7 table 100")
    guard case .route(.local, loopback, nil, _, 255) = try route(to: "192.0.2.1") else {
      Issue.record("own address, tables apart: \(try route(to: "192.0.2.1"))")
      return
    }
    #expect(try route(to: "10.1.0.1") == .failure(.invalid))
    #expect(try route(to: "10.2.0.1") == .failure(.hostUnreachable))
    #expect(try route(to: "10.3.0.1") == .failure(.accessDenied))
    #expect(try route(to: "10.4.0.1") == .failure(.networkUnreachable))
    #expect(try route(to: "2001:db8:1::1") == .failure(.invalid))
    #expect(try route(to: "2001:db8:2::1") == .failure(.hostUnreachable))
    #expect(try route(to: "2001:db8:3::1") == .failure(.accessDenied))
    #expect(try route(to: "2001:db8:4::1") == .failure(.networkUnreachable))
    #expect(try route(to: "2001:db9::1") == .failure(.networkUnreachable))
    guard case .route(.unicast, eth0, nil, _, 254) = try route(to: "2001:db8::9") else {
      Issue.record("on-link IPv6: \(try route(to: "2001:db8::9"))")
      return
    }
  }

  @Test func answersForArrivingPackets() throws {
    try a.sysctl("net.ipv4.conf.all.rp_filter", "1")
    let eth0 = try index("eth0")
    var query = RouteQuery(
      destination: try #require(IPAddress("192.0.2.1")), source: IPAddress("192.0.2.2"),
      inputInterface: eth0)
    guard case .route(.local, _, _, _, _) = try answer(query) else {
      Issue.record("from the link: \(try answer(query))")
      return
    }
    // No route back through this device: the reverse path filter.
    query.source = IPAddress("198.51.100.1")
    guard case .failure = try answer(query) else {
      Issue.record("reverse path: \(try answer(query))")
      return
    }
  }

  @Test func answersFollowRules() throws {
    try a.ip("route add 203.0.113.0/24 via 192.0.2.2 table 100")
    try a.ip("rule add pref 50 fwmark 7 ipproto tcp dport 443 table 100")
    var query = RouteQuery(
      destination: try #require(IPAddress("203.0.113.5")), mark: 7, transportProtocol: .tcp,
      destinationPort: Port(443))
    guard case .route(.unicast, _, IPAddress("192.0.2.2"), _, 100) = try answer(query) else {
      Issue.record("by rule: \(try answer(query))")
      return
    }
    query.destinationPort = Port(80)
    #expect(try answer(query) == .failure(.networkUnreachable))
    let rules = try a.inside { try RoutingRuleReader.rules() }
    let own = try #require(rules.first { $0.priority == 50 })
    #expect(own.mark == 7 && own.markMask == .max && own.destinationPorts == 443...443)
    #expect(rules.filter { $0.family == .v6 }.map(\.priority) == [0, 32766])
  }

  @Test func limitCutsTheListShort() throws {
    let batch = (0..<300).map { "route add blackhole 10.9.\($0 / 256).\($0 % 256)\n" }.joined()
    try Command(["ip", "-n", a.name, "-batch", "-"], input: Array(batch.utf8)).run()
    let (cut, whole) = try a.inside {
      (try RouteReader.routes(limit: 50), try RouteReader.routes())
    }
    #expect(cut.isCutShort && cut.routes.filter { $0.table != 255 }.count <= 50)
    func local(_ list: RouteReader.RouteList) -> Set<Route> {
      Set(list.routes.filter { $0.table == 255 })
    }
    #expect(local(cut) == local(whole) && local(whole).count >= 6)
    #expect(!whole.isCutShort && whole.routes.count > 300)
    // One that is left before its end does not stop the next question on the same socket.
    let (routes, rules) = try a.inside {
      var socket = try NetlinkSocket(.route)
      return (
        try RouteReader.routes(over: &socket, limit: 5), try RoutingRuleReader.rules(over: &socket)
      )
    }
    #expect(routes.isCutShort && rules.count >= 3)
  }

  @Test func routesByNextHopObjectAreResolved() throws {
    try a.sysctl("net.ipv4.nexthop_compat_mode", "0")
    try a.ip("nexthop add id 1 via 192.0.2.9 dev eth0")
    try a.ip("nexthop add id 2 via 192.0.2.10 dev eth0")
    try a.ip("nexthop add id 3 group 1,4/2")
    try a.ip("route add 10.6.0.0/16 nhid 3")
    let routes = try a.inside { try RouteReader.routes().routes }
    let route = try #require(routes.first { $0.destination == Prefix("10.6.0.0/16") })
    #expect(route.nextHops.map(\.gateway) == [IPAddress("192.0.2.9"), IPAddress("192.0.2.10")])
    #expect(route.nextHops.map(\.weight) == [4, 1])
  }

  @Test func neighbours() throws {
    try a.ip("neighbour add 192.0.2.50 lladdr 02:00:00:00:00:50 dev eth0")
    try a.ip("neighbour add 192.0.2.51 nud failed dev eth0")
    let eth0 = try index("eth0")
    func neighbour(_ text: String) throws -> Neighbour? {
      let address = try #require(IPAddress(text))
      return try a.inside { try NeighbourReader.neighbour(address, on: eth0) }
    }
    #expect(try neighbour("192.0.2.50")?.state == .permanent)
    #expect(try neighbour("192.0.2.51")?.state == .failed)
    #expect(try neighbour("192.0.2.52") == nil)
  }
}
