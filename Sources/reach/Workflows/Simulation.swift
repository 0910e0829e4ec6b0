internal import Evaluator
internal import Kernel
internal import Model

/// A ruleset on a host, read once and asked as often as needed.
final class Simulation {
  let host: HostSnapshot
  let words: RuleWords
  private let evaluation: Evaluation

  /// - Parameter ipSets: answers for ipsets, on the thread that may ask; `nil` where there are
  ///   none.
  init(
    ruleset: Ruleset, host: HostSnapshot, legacy: [LegacyTable] = [],
    ipSets: (any IPSetSource)? = nil
  ) {
    self.host = host
    words = RuleWords(ruleset: ruleset, interfaces: host.interfaces)
    evaluation = Evaluation(ruleset: ruleset, host: host, legacy: legacy, ipSets: ipSets)
  }

  func trace(_ query: PacketQuery) -> Trace { evaluation.trace(query) }

  /// Fills in what the question leaves open.
  ///
  /// - Returns: what was assumed, as sentences for people.
  func complete(_ query: inout PacketQuery, hasSource: Bool) -> [String] {
    var assumptions: [String] = []
    if !hasSource, query.frame == nil { assumptions.append(chooseSource(&query)) }
    if query.inputInterface != nil, query.transport.hasPorts, query.source.port == nil {
      query.source.port = Port(40000)
    }
    for name in [query.inputInterface, query.outputInterface] {
      if let name, host.interface(named: name) == nil {
        assumptions.append("this host has no interface \(name): taken as one without addresses")
      }
    }
    return assumptions
  }

  private func chooseSource(_ query: inout PacketQuery) -> String {
    let family = query.destination.address.family
    if let name = query.inputInterface {
      let known = host.interface(named: name).flatMap { host.stranger(on: $0, family) }
      query.source.address = known ?? HostSnapshot.addressOfNobody(family)
      return known == nil
        ? "the sender is \(query.source.address), an address from anywhere (--from says otherwise)"
        : "the sender is \(query.source.address), a stranger on \(name) (--from says otherwise)"
    }
    query.source.address = ownSource(for: query)
    return "the sender is \(query.source.address), this host's address for that route"
  }

  /// The address that this host sends from.
  private func ownSource(for query: PacketQuery) -> IPAddress {
    let target = query.destination.address
    if host.owner(of: target) != nil { return target }
    let family = target.family
    let delivery = routes.trace(query).delivery
    guard let device = delivery.interface.flatMap({ host.interface(named: $0) }) else {
      return query.source.address
    }
    let preferred = host.routes.filter {
      $0.type == .unicast && $0.destination.contains(target)
        && $0.nextHops.contains { $0.interface == device.index }
    }.max { $0.destination.length < $1.destination.length }?.preferredSource
    if let preferred { return preferred }
    // inet_select_addr and ipv6_dev_get_saddr: of the next hop's subnet, in the target's scope.
    let hop = delivery.gateway ?? target
    let own = device.addresses.filter { $0.address.family == family && !$0.isSecondary }
    let sameScope = own.filter { $0.address.isLinkLocal == target.isLinkLocal }
    let chosen = sameScope.first { $0.prefix.contains(hop) } ?? sameScope.first ?? own.first
    return chosen?.address ?? query.source.address
  }

  private lazy var routes = Evaluation(ruleset: Ruleset(), host: host)
}
