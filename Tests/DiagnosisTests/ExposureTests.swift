import Diagnosis
import Model
import Testing

/// From where a socket can be reached, from fates made up here.
@Suite struct ExposureTests {
  static let near = Origin.outside(interface: "s0", source: Net.client, isBeyondGateway: false)
  static let far = Origin.outside(interface: "s0", source: Net.client, isBeyondGateway: true)

  static func fate(
    _ origin: Origin, request: Trace = Situation.passed(.local),
    reply: Trace? = Situation.passed(.out), isTranslated: Bool = false
  ) -> Exposure.Fate {
    Exposure.Fate(
      origin: origin,
      firewall: FirewallEvidence(request: request, reply: reply, isTranslated: isTranslated))
  }

  static func reach(_ outside: [Exposure.Fate], here: Exposure.Fate? = nil) -> Reachability {
    Exposure.reachability(of: Situation.socket(), outside: outside, here: here)
  }

  @Test func theFarthestOriginThatGetsThroughCounts() {
    let dropped = Situation.stopped(.drop)
    #expect(Self.reach([Self.fate(Self.near), Self.fate(Self.far)]).scope == .anywhere)
    let local = Self.reach([
      Self.fate(Self.near), Self.fate(Self.far, request: dropped, reply: nil),
    ])
    #expect(local.scope == .local)
    #expect(local.interfaces == ["s0"])
    guard case .firewall(let conclusion)? = local.limit else {
      Issue.record("\(String(describing: local.limit))")
      return
    }
    #expect(conclusion.decidedBy == Situation.rule())
    let here = Self.reach(
      [Self.fate(Self.near, request: dropped, reply: nil)], here: Self.fate(.here))
    #expect(here.scope == .here)
  }

  @Test func anAnswerThatIsDroppedKeepsStrangersOut() {
    let dropped = Situation.stopped(.drop)
    let reach = Self.reach([Self.fate(Self.near, reply: dropped)], here: Self.fate(.here))
    #expect(reach.scope == .here)
    guard case .firewall(let conclusion)? = reach.limit else {
      Issue.record("\(String(describing: reach.limit))")
      return
    }
    #expect(conclusion.direction == .reply)
  }

  @Test func nobodyIsNobody() {
    let dropped = Situation.stopped(.drop)
    let reach = Self.reach([], here: Self.fate(.here, request: dropped, reply: nil))
    #expect(reach.scope == .nobody)
    #expect(reach.limit != nil)
  }

  @Test func loopbackAndTranslationAreLimits() {
    var socket = Situation.socket()
    socket.address = .loopbackV4
    let bound = Exposure.reachability(of: socket, outside: [], here: Self.fate(.here))
    #expect(bound == Reachability(scope: .here, limit: .address))
    var request = Situation.passed(.local)
    request.delivery.address = Net.second
    request.delivery.port = Port(99)
    let moved = Self.reach(
      [Self.fate(Self.near, request: request, isTranslated: true)], here: Self.fate(.here))
    #expect(moved.scope == .here)
    #expect(moved.limit == .translation(Endpoint(Net.second, port: Port(99))))
  }
}
