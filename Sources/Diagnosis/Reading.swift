internal import Model

/// The evidence with its first inferences: what the rules of the diagnosis are asked about.
struct Reading: Sendable {
  let evidence: Evidence
  let firewall: FirewallReading?
  let presence: Presence
  /// Whether the probe took the flow's own way; else it only shows that something listens.
  let isProbeOwn: Bool

  init(_ evidence: Evidence) {
    self.evidence = evidence
    firewall = evidence.firewall.map { FirewallReading($0) }
    if let listeners = evidence.listeners {
      presence = listeners.matching.isEmpty ? .nothing : .listening
    } else {
      presence = evidence.probe.kind == .connected ? .listening : .unknown
    }
    isProbeOwn =
      switch evidence.flow.origin {
      case .here: true
      case .address(let address, _, _):
        evidence.probe.source?.address == address || evidence.probe.failedToBind
      case .outside: false
      }
  }

  var probe: ProbeOutcome { evidence.probe }
  var transport: TransportProtocol { evidence.flow.transport }
  var isDatagram: Bool { transport != .tcp }

  /// What the probe of this very flow saw; `.skipped` if it was another's.
  var ownProbe: ProbeOutcome.Kind { isProbeOwn ? probe.kind : .skipped }

  /// The ICMP error that answered the probe, from the network or from a firewall here.
  var networkError: ICMPError? {
    probe.kind == .icmp || probe.kind == .refused ? probe.icmp : nil
  }

  /// The socket in question, for words: one that takes the packet, or the nearest that does not.
  var socket: Listener? {
    evidence.listeners?.matching.first ?? nearMiss?.listener
  }

  /// The miss that explains most: the right transport before the wrong one.
  var nearMiss: ListenerEvidence.NearMiss? {
    let order: [ListenerEvidence.NearMiss.Reason] = [.address, .device, .family, .transport]
    guard let near = evidence.listeners?.near else { return nil }
    for reason in order {
      if let found = near.first(where: { $0.reason == reason }) { return found }
    }
    return nil
  }

  /// A namespace of this host where the port is bound for the transport asked about.
  var namespaceElsewhere: NamespaceListeners? {
    evidence.listeners?.elsewhere.first { place in
      place.listeners.contains { $0.transport == transport }
    }
  }

  /// Whether every socket that would take the packet has a full accept queue.
  var isBacklogFull: Bool {
    guard let matching = evidence.listeners?.matching, !matching.isEmpty else { return false }
    return matching.allSatisfy(\.isBacklogFull)
  }
}
