/// What one network namespace of a host looks like at one moment, apart from its ruleset.
///
/// A part that could not be read is empty, and `gaps` says why.
package struct HostSnapshot: Hashable, Sendable {
  package var interfaces: [Interface]
  package var routes: [Route]
  package var routingRules: [RoutingRule]
  package var settings: KernelSettings
  package var otherFilters: [OtherFilter]
  /// Numbers of the userspace queues that somebody reads (/proc/net/netfilter/nfnetlink_queue).
  package var queueReaders: Set<UInt16>
  /// What bridges know of where hardware addresses are.
  package var forwardingEntries: [ForwardingEntry] = []
  /// The multicast groups that devices have joined; `nil` when they were not read.
  package var groups: [InterfaceIndex: Set<IPAddress>]?
  /// Every TCP and UDP socket; `nil` when they were not read.
  package var sockets: [LocalSocket]?
  /// When it was taken, in seconds since 1970; 0 if that is not known.
  package var time: UInt64
  /// What could not be read, as sentences for people.
  package var gaps: [String]

  package init(
    interfaces: [Interface] = [], routes: [Route] = [], routingRules: [RoutingRule] = [],
    settings: KernelSettings = KernelSettings(), otherFilters: [OtherFilter] = [],
    queueReaders: Set<UInt16> = [], sockets: [LocalSocket]? = nil, time: UInt64 = 0,
    gaps: [String] = []
  ) {
    self.interfaces = interfaces
    self.routes = routes
    self.routingRules = routingRules
    self.settings = settings
    self.otherFilters = otherFilters
    self.queueReaders = queueReaders
    self.sockets = sockets
    self.time = time
    self.gaps = gaps
  }

  package func interface(_ index: InterfaceIndex) -> Interface? {
    interfaces.first { $0.index == index }
  }

  package func interface(named name: String) -> Interface? {
    interfaces.first { $0.name == name }
  }

  /// The bridge that a device is a port of.
  package func bridge(of port: Interface) -> Interface? {
    port.master.flatMap { interface($0) }.flatMap { $0.kind == "bridge" ? $0 : nil }
  }

  /// The device that carries `address`, if this host owns it (127.0.0.0/8 belongs to loopback).
  package func owner(of address: IPAddress) -> Interface? {
    if let exact = interfaces.first(where: { $0.addresses.contains { $0.address == address } }) {
      return exact
    }
    guard address.isLoopback else { return nil }
    return interfaces.first { $0.isLoopback }
  }
}
