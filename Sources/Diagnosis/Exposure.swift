package import Model

/// From where a socket can be reached: joins what the rulesets do with packets of several origins.
package enum Exposure {
  /// What becomes of a packet from somewhere that is for the socket.
  package struct Fate: Hashable, Sendable {
    package var origin: Origin
    package var firewall: FirewallEvidence

    package init(origin: Origin, firewall: FirewallEvidence) {
      self.origin = origin
      self.firewall = firewall
    }
  }

  /// - Parameters:
  ///   - outside: fates of strangers' packets; none if they can't even address the socket.
  ///   - here: that of this host's own packet; `nil` if it was not asked, which is needed only
  ///     where no stranger's gets through.
  package static func reachability(
    of listener: Listener, outside: [Fate], here: Fate?
  ) -> Reachability {
    let readings = outside.map { (fate: $0, firewall: FirewallReading($0.firewall)) }
    let passing = readings.filter { passes($0.fate, $0.firewall) }
    let far = passing.filter { isBeyondGateway($0.fate.origin) }
    if !far.isEmpty || !passing.isEmpty {
      let counted = far.isEmpty ? passing : far
      var interfaces: [String] = []
      for (fate, _) in passing {
        if let name = interface(fate.origin), !interfaces.contains(name) { interfaces.append(name) }
      }
      return Reachability(
        scope: far.isEmpty ? .local : .anywhere,
        isConditional: counted.allSatisfy { $0.firewall.mayFail }, interfaces: interfaces,
        limit: far.isEmpty ? limit(listener, readings) : device(listener))
    }
    let own = here.map { (fate: $0, firewall: FirewallReading($0.firewall)) }
    let isReached = own.map { passes($0.fate, $0.firewall) } ?? true
    return Reachability(
      scope: isReached ? .here : .nobody, isConditional: own?.firewall.mayFail ?? false,
      limit: isReached
        ? limit(listener, readings) : limit(listener, readings + (own.map { [$0] } ?? [])))
  }

  private typealias Read = (fate: Fate, firewall: FirewallReading)

  private static func passes(_ fate: Fate, _ firewall: FirewallReading) -> Bool {
    !fate.firewall.isTranslated && firewall.passage == .passes && firewall.stop == nil
  }

  /// What keeps out those that come from farthest.
  private static func limit(_ listener: Listener, _ readings: [Read]) -> Reachability.Limit? {
    if listener.address.isLoopback, readings.allSatisfy({ $0.fate.origin == .here }),
      !readings.contains(where: { $0.firewall.conclusion.verdict != .accept })
    {
      return .address
    }
    let failing = readings.filter { !passes($0.fate, $0.firewall) }
    let farthest = failing.first { isBeyondGateway($0.fate.origin) } ?? failing.first
    guard let farthest else {
      return device(listener)
        ?? (readings.isEmpty ? .obstacle("no device has such an address for others to ask") : nil)
    }
    if farthest.fate.firewall.isTranslated {
      let delivery = farthest.fate.firewall.request.delivery
      return delivery.address.map { .translation(Endpoint($0, port: delivery.port)) }
    }
    if let stop = farthest.firewall.stop { return .obstacle(Words.obstacle(stop)) }
    return .firewall(farthest.firewall.conclusion)
  }

  private static func device(_ listener: Listener) -> Reachability.Limit? {
    listener.deviceName.map { .device($0) }
  }

  private static func isBeyondGateway(_ origin: Origin) -> Bool {
    if case .outside(_, _, true) = origin { return true }
    return false
  }

  private static func interface(_ origin: Origin) -> String? {
    if case .outside(let name, _, _) = origin { return name }
    return nil
  }
}
