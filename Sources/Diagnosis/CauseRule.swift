internal import Model

/// The ordered rules of the diagnosis: the first that has an answer is right.
/// One rule of the diagnosis: `nil` when it has nothing to say.
struct CauseRule: Sendable {
  var name: String
  var conclude: @Sendable (Reading) -> Conclusion?

  /// The kernel's failures come first, since nothing was sent; then what was seen; then what the
  /// rulesets, the sockets and other filters foretell; silence comes last.
  static let all: [CauseRule] = [
    CauseRule(name: "source", conclude: source),
    CauseRule(name: "own failure", conclude: ownFailure),
    CauseRule(name: "connected", conclude: connected),
    CauseRule(name: "own route", conclude: ownRoute),
    CauseRule(name: "obstacle", conclude: obstacle),
    CauseRule(name: "firewall says no", conclude: firewallSaysNo),
    CauseRule(name: "firewall hangs on something", conclude: firewallHangs),
    CauseRule(name: "ICMP error", conclude: networkError),
    CauseRule(name: "dead neighbour", conclude: deadNeighbour),
    CauseRule(name: "full accept queue", conclude: fullQueue),
    CauseRule(name: "listening", conclude: listening),
    CauseRule(name: "nothing listens", conclude: nothingListens),
    CauseRule(name: "the probe alone", conclude: probeAlone),
  ]

  static func conclusion(for reading: Reading) -> Conclusion {
    for rule in all {
      if let conclusion = rule.conclude(reading) { return conclusion }
    }
    return Conclusion(.unknown, .notProbed)
  }

  // MARK: Before a packet leaves

  @Sendable private static func source(_ r: Reading) -> Conclusion? {
    guard r.isProbeOwn, r.probe.failedToBind else { return nil }
    return ProbeCauses.conclusion(forBindError: r.probe.error)
  }

  /// Errors of the own kernel at connect(2) or send(2), and failed neighbours.
  @Sendable private static func ownFailure(_ r: Reading) -> Conclusion? {
    r.isProbeOwn ? failure(r) : nil
  }

  private static func failure(_ r: Reading) -> Conclusion? {
    // A reject in the own output chain shows as an ICMP error from an own address, too.
    guard r.firewall?.passage != .rejects else { return nil }
    if r.probe.kind == .icmp, let icmp = r.probe.icmp, icmp.isLocal,
      ProbeCauses.conclusion(for: icmp)?.cause == .hostUnreachable
    {
      return deadLink(r)
    }
    guard r.probe.kind == .error, let error = r.probe.error else { return nil }
    var routeError: ErrorNumber?
    if case .failure(let failure)? = r.evidence.route { routeError = failure }
    switch error {
    case .notPermitted:
      // Cgroup BPF, an IPsec policy, an LSM; for datagrams also a drop in output or postrouting
      // (`tcp_connect` in net/ipv4/tcp_output.c takes that for a lost segment).
      if r.isDatagram, let firewall = r.firewall, firewall.passage != .passes || firewall.mayFail {
        return nil
      }
      return Conclusion(.filtered, r.suspects.isEmpty ? .permission : silencer(r.suspects))
    case .accessDenied:
      return routeError == error
        ? Conclusion(.unreachable, .routeProhibit) : Conclusion(.unknown, .permission)
    case .hostUnreachable
    where routeError == nil && (r.evidence.route != nil || r.probe.icmp != nil):
      return deadLink(r)
    case .networkUnreachable where r.evidence.routeInterface?.isUp == false:
      return Conclusion(.unreachable, .interfaceDown)
    case .connectionRefused, .connectionReset, .timedOut:
      return nil
    case .noProtocolOption:
      return Conclusion(.refused, .protocolUnreachable)
    case .hostDown:
      return Conclusion(.unreachable, .hostUnreachable)
    case .addressNotAvailable, .addressInUse:
      return Conclusion(.unknown, .sourceUnavailable)
    default:
      return ProbeCauses.conclusion(forRouteError: error) ?? Conclusion(.unknown, .localError)
    }
  }

  /// The next hop did not answer ARP or ND, or the link to it is dead.
  private static func deadLink(_ r: Reading) -> Conclusion {
    if let interface = r.evidence.routeInterface, !interface.isUp || !interface.hasCarrier {
      return Conclusion(.unreachable, .interfaceDown)
    }
    return Conclusion(.unreachable, .neighbourFailed)
  }

  @Sendable private static func connected(_ r: Reading) -> Conclusion? {
    guard r.ownProbe == .connected else { return nil }
    return Conclusion(
      .open, Conflict.find(in: r) == nil ? .connected : .evidenceConflict,
      isConditional: r.firewall?.isCertain == false)
  }

  /// No packet was sent, and the routes say that none could be.
  @Sendable private static func ownRoute(_ r: Reading) -> Conclusion? {
    guard case .here = r.evidence.flow.origin, r.probe.kind == .skipped,
      case .failure(let error)? = r.evidence.route
    else { return nil }
    return ProbeCauses.conclusion(forRouteError: error)
  }

  // MARK: What the rulesets and routes foretell

  @Sendable private static func obstacle(_ r: Reading) -> Conclusion? {
    guard let stop = r.firewall?.stop else { return nil }
    let dropped = StateTable.state(.drops, r.presence)
    let conditional = r.firewall?.isCertain == false
    func nowhere(_ cause: Cause) -> Conclusion {
      Conclusion(
        .unreachable, stop.direction == .reply ? .noReturnRoute : cause,
        isConditional: conditional)
    }
    func swallowed(_ cause: Cause) -> Conclusion {
      Conclusion(dropped, cause, isConditional: conditional)
    }
    return switch stop.obstacle {
    case .noRoute: nowhere(.noRoute)
    case .blackhole: nowhere(.routeBlackhole)
    case .unreachable: nowhere(.routeUnreachable)
    case .prohibited: nowhere(.routeProhibit)
    case .interfaceDown: nowhere(.interfaceDown)
    case .timeToLive: Conclusion(.unreachable, .ttlExceeded, isConditional: conditional)
    case .reversePath: swallowed(.reversePath)
    case .forwardingDisabled: swallowed(.forwardingDisabled)
    case .martianSource, .martianDestination, .broadcast: swallowed(.martian)
    // `nf_nat_masquerade_ipv4` and its kin drop the packet (net/netfilter/nf_nat_masquerade.c).
    case .noAddress: swallowed(.firewallDrop)
    }
  }

  @Sendable private static func firewallSaysNo(_ r: Reading) -> Conclusion? {
    guard let firewall = r.firewall, firewall.stop == nil, firewall.isCertain,
      firewall.passage != .passes
    else { return nil }
    let conclusion = firewall.conclusion
    if r.isProbeOwn, r.probe.kind == .refused || r.networkError != nil {
      // Only the handshake's answer is foretold; a RST or an ICMP error may take another way.
      if conclusion.direction == .reply { return nil }
      if conclusion.verdict != .reject {
        return Conclusion(seen(r)?.state ?? .refused, .evidenceConflict)
      }
    }
    return Conclusion(StateTable.state(firewall.passage, r.presence), cause(of: firewall))
  }

  /// The cause that names the firewall's part.
  private static func cause(of firewall: FirewallReading) -> Cause {
    if firewall.conclusion.decidedBy?.isLegacy == true { return .legacyIptables }
    return switch firewall.likeliest {
    case .reject: .firewallReject
    case .queue: .firewallQueue
    case .accept, .drop, .stolen, .conditional: .firewallDrop
    }
  }

  @Sendable private static func firewallHangs(_ r: Reading) -> Conclusion? {
    guard let firewall = r.firewall, firewall.stop == nil, !firewall.isCertain else { return nil }
    guard firewall.passage == .passes else {
      return Conclusion(
        StateTable.state(firewall.passage, r.presence), .conditional, isConditional: true)
    }
    // A silent probe shows which branch was taken.
    if r.ownProbe == .timeout, firewall.mayFail, !r.isDatagram {
      return Conclusion(
        StateTable.state(.drops, r.presence), .conditional, isConditional: true)
    }
    if r.ownProbe == .refused, firewall.mayFail, r.presence == .listening {
      return Conclusion(.blocked, .conditional, isConditional: true)
    }
    if r.ownProbe == .error, r.probe.error == .notPermitted {
      return Conclusion(
        StateTable.state(.drops, r.presence), .conditional, isConditional: true)
    }
    guard r.presence == .listening, !r.isBacklogFull, r.ownProbe != .icmp else { return nil }
    return Conclusion(.open, .conditional, isConditional: true)
  }

  // MARK: What was seen, and what listens

  /// What a refusal or an ICMP error alone would mean.
  static func seen(_ r: Reading) -> Conclusion? {
    if let icmp = r.networkError { return ProbeCauses.conclusion(for: icmp) }
    switch r.probe.kind {
    case .refused:
      return Conclusion(.refused, r.isDatagram ? .portUnreachable : .remoteReset)
    case .error where r.probe.error == .connectionRefused || r.probe.error == .connectionReset:
      return Conclusion(.refused, .remoteReset)
    case .connected, .timeout, .icmp, .error, .skipped: return nil
    }
  }

  @Sendable private static func networkError(_ r: Reading) -> Conclusion? {
    guard r.isProbeOwn || r.evidence.listeners == nil, r.networkError != nil,
      var conclusion = seen(r)
    else { return nil }
    // A host answers a datagram to a closed port so: the socket table says it better.
    if conclusion.cause == .portUnreachable, r.isDatagram, r.presence == .nothing { return nil }
    if Conflict.find(in: r) != nil { return Conclusion(conclusion.state, .evidenceConflict) }
    if conclusion.state == .refused, r.presence == .listening { conclusion.state = .blocked }
    return marked(conclusion, r)
  }

  @Sendable private static func deadNeighbour(_ r: Reading) -> Conclusion? {
    guard r.evidence.listeners == nil, r.presence == .unknown else { return nil }
    let silent = r.probe.kind == .timeout || r.probe.kind == .skipped
    if silent, let link = r.evidence.routeInterface, !link.isUp || !link.hasCarrier {
      return Conclusion(.unreachable, .interfaceDown)
    }
    guard let neighbour = r.evidence.neighbour, silent || r.probe.error == .hostUnreachable else {
      return nil
    }
    // Not yet given up is as telling, once the probe's time is over.
    let waited = r.probe.kind == .timeout && neighbour.state.contains(.incomplete)
    guard neighbour.state.contains(.failed) || waited else { return nil }
    return Conclusion(.unreachable, .neighbourFailed)
  }

  @Sendable private static func fullQueue(_ r: Reading) -> Conclusion? {
    // A handshake from elsewhere on this host shows that there was room.
    guard r.isBacklogFull, r.probe.kind != .connected else { return nil }
    return marked(Conclusion(.filtered, .backlogFull), r)
  }

  @Sendable private static func listening(_ r: Reading) -> Conclusion? {
    guard r.presence == .listening else { return nil }
    guard r.firewall != nil else { return listeningUnseen(r) }
    switch r.ownProbe {
    case .timeout where !r.isDatagram:
      return silence(r)
    case .refused, .icmp:
      return Conclusion(.refused, .evidenceConflict)
    case .connected, .timeout, .error, .skipped:
      break
    }
    if r.ownProbe == .skipped || r.isDatagram, !r.culprits.isEmpty {
      return Conclusion(.blocked, silencer(r.culprits))
    }
    // A filter that can't be looked into: likely harmless for this port, but not certainly.
    if r.ownProbe == .skipped, !r.suspects.isEmpty {
      return Conclusion(.open, .otherFilter, isConditional: true)
    }
    return marked(Conclusion(.open, .allowed), r)
  }

  /// Something listens, but no ruleset is known.
  private static func listeningUnseen(_ r: Reading) -> Conclusion {
    switch r.ownProbe {
    case .refused: return Conclusion(.blocked, .remoteReset)
    case .icmp, .error: return seen(r) ?? Conclusion(.unknown, .localError)
    case .timeout where r.isDatagram: return Conclusion(.openOrFiltered, .noAnswer)
    case .timeout:
      return Conclusion(.blocked, r.culprits.isEmpty ? .noAnswer : silencer(r.culprits))
    case .connected: return Conclusion(.open, .connected)
    case .skipped:
      return Conclusion(r.isDatagram ? .openOrFiltered : .unknown, .firewallUnknown)
    }
  }

  /// A listener, a ruleset that lets it pass, and still no answer.
  private static func silence(_ r: Reading) -> Conclusion {
    r.suspects.isEmpty
      ? Conclusion(.filtered, .evidenceConflict)
      : Conclusion(StateTable.state(.drops, r.presence), silencer(r.suspects))
  }

  @Sendable private static func nothingListens(_ r: Reading) -> Conclusion? {
    guard r.presence == .nothing else { return nil }
    if r.ownProbe == .timeout {
      // The kernel would have answered at once.
      if r.firewall == nil {
        return Conclusion(r.isDatagram ? .openOrFiltered : .filtered, .noAnswer)
      }
      if !r.isDatagram { return silence(r) }
    }
    if r.ownProbe == .icmp, let seen = seen(r), !r.isDatagram { return seen }
    return marked(Conclusion(.closed, listenerCause(r)), r)
  }

  /// Why no socket takes the packet, from the most telling near miss.
  static func listenerCause(_ r: Reading) -> Cause {
    if r.evidence.firewall?.isTranslated == true { return .natTargetClosed }
    let miss = r.nearMiss?.reason
    switch miss {
    case .address: return .wrongAddress
    case .device: return .wrongDevice
    case .family: return .wrongFamily
    case .transport, nil: break
    }
    if r.namespaceElsewhere != nil { return .otherNamespace }
    return miss == .transport ? .wrongProtocol : .noListener
  }

  /// The target's sockets are not known: the probe decides.
  @Sendable private static func probeAlone(_ r: Reading) -> Conclusion? {
    switch r.probe.kind {
    case .connected:
      // From here, though asked about another source.
      return r.firewall == nil
        ? Conclusion(.unknown, .firewallUnknown) : marked(Conclusion(.open, .allowed), r)
    case .refused, .icmp, .error:
      // A router's own failure to get on concerns what it forwards as well.
      let failure = failure(r).flatMap { $0.state == .unreachable ? $0 : nil }
      return (seen(r) ?? failure).map { marked($0, r) } ?? Conclusion(.unknown, .notProbed)
    case .timeout:
      if !r.culprits.isEmpty { return Conclusion(.filtered, silencer(r.culprits)) }
      return marked(Conclusion(r.isDatagram ? .openOrFiltered : .filtered, .noAnswer), r)
    case .skipped:
      if !r.culprits.isEmpty { return Conclusion(.filtered, silencer(r.culprits)) }
      return marked(Conclusion(.unknown, .notProbed), r)
    }
  }

  // MARK: Shared

  /// The cause that names the other filters.
  private static func silencer(_ filters: [OtherFilter]) -> Cause {
    filters.allSatisfy { $0.kind == .legacyTable } ? .legacyIptables : .otherFilter
  }

  /// The conclusion, conditional when the ruleset's verdict is.
  private static func marked(_ conclusion: Conclusion, _ r: Reading) -> Conclusion {
    var marked = conclusion
    if r.firewall?.isCertain == false { marked.isConditional = true }
    return marked
  }
}
