internal import Evaluator
internal import Kernel
internal import Model

/// How the ports of one target are sorted: what is known of one port of a group, apart from those
/// that are bound somewhere, holds for all of them.
struct PortSorting {
  var groups: PortGroups
  /// Ports with a socket here or where the packets go, each of which is a case of its own.
  var bound: Set<Port>
}

extension EvidenceGatherer {
  /// Sorts the ports of a target, as seen from here.
  ///
  /// - Returns: `nil` where each port has to be looked at by itself.
  func sorting(for target: ScopedAddress) -> PortSorting? {
    let address = target.address
    let flow = Flow(transport: transport, destination: address, port: Port(1), origin: .here)
    var query = query(for: flow, scope: target.scope, probe: .skipped)
    guard let own = view.evaluation.portGroups(query) else { return nil }
    if view.host.owner(of: address) != nil {
      return PortSorting(
        groups: own, bound: view.boundPorts.union(neighbours.boundPorts(transport)))
    }
    var sorting = PortSorting(groups: own, bound: [])
    for port in own.examples {
      query.destination.port = port
      let delivery = view.evaluation.trace(query).delivery
      guard leadsToNeighbour(delivery) else { continue }
      let there = neighbours.sorting(
        of: Endpoint(address, port: port), hardwareAddress: hardwareAddress(of: address, delivery),
        transport: transport, source: delivery.source ?? query.source)
      guard let there else { break }
      guard let groups = there.groups else { return nil }
      sorting.groups = own.refined(by: groups)
      sorting.bound = there.bound
      break
    }
    return sorting
  }
}
