/// Why a port is in its state: the contract's slugs (contract.md, section 2).
package enum Cause: String, Hashable, Sendable, CaseIterable {
  case connected
  case allowed
  case noListener = "no-listener"
  case wrongAddress = "wrong-address"
  case wrongFamily = "wrong-family"
  case wrongDevice = "wrong-device"
  case wrongProtocol = "wrong-protocol"
  case otherNamespace = "other-namespace"
  case backlogFull = "backlog-full"
  case firewallDrop = "firewall-drop"
  case firewallReject = "firewall-reject"
  case firewallQueue = "firewall-queue"
  case legacyIptables = "legacy-iptables"
  case conditional
  case natTargetClosed = "nat-target-closed"
  case noRoute = "no-route"
  case routeBlackhole = "route-blackhole"
  case routeUnreachable = "route-unreachable"
  case routeProhibit = "route-prohibit"
  case interfaceDown = "interface-down"
  case neighbourFailed = "neighbour-failed"
  case hostUnreachable = "host-unreachable"
  case netUnreachable = "net-unreachable"
  case ttlExceeded = "ttl-exceeded"
  case portUnreachable = "port-unreachable"
  case icmpProhibited = "icmp-prohibited"
  case noReturnRoute = "no-return-route"
  case reversePath = "reverse-path"
  case forwardingDisabled = "forwarding-disabled"
  case remoteReset = "remote-reset"
  case noAnswer = "no-answer"
  case nameNotFound = "name-not-found"
  case nameFailure = "name-failure"
  case permission
  case evidenceConflict = "evidence-conflict"
  case otherFilter = "other-filter"
  /// A martian: the kernel discards it for its addresses. (Not in the contract's list.)
  case martian
  // Further slugs that the contract's list leaves room for.

  /// An ICMP protocol-unreachable: for TCP and UDP a firewall's answer.
  case protocolUnreachable = "protocol-unreachable"
  /// The asked-for source address or port can't be used on this host.
  case sourceUnavailable = "source-unavailable"
  /// This host could not send for a reason of its own: descriptors, memory, no such family.
  case localError = "local-error"
  /// No packet was sent, and no other evidence settles it.
  case notProbed = "not-probed"
  /// Something listens, but the ruleset that the packet would cross can't be read.
  case firewallUnknown = "firewall-unknown"
}
