internal import Model

/// The one sentence for people, without capital and full stop.
enum Summary {
  static func sentence(_ r: Reading, _ conclusion: Conclusion) -> String {
    switch conclusion.cause {
    case .connected, .allowed, .conditional, .notProbed, .firewallUnknown:
      return fine(r, conclusion)
    case .noListener, .wrongAddress, .wrongFamily, .wrongDevice, .wrongProtocol, .otherNamespace,
      .backlogFull, .natTargetClosed:
      return socket(r, conclusion.cause)
    case .firewallDrop, .firewallReject, .firewallQueue, .legacyIptables, .otherFilter:
      return filtered(r, conclusion)
    case .noRoute, .routeBlackhole, .routeUnreachable, .routeProhibit, .interfaceDown,
      .neighbourFailed, .noReturnRoute, .reversePath, .forwardingDisabled, .martian:
      return route(r, conclusion.cause)
    case .hostUnreachable, .netUnreachable, .ttlExceeded, .portUnreachable, .icmpProhibited,
      .protocolUnreachable, .remoteReset, .noAnswer, .permission, .sourceUnavailable, .localError,
      .nameNotFound, .nameFailure:
      return answered(r, conclusion)
    case .evidenceConflict:
      guard let conflict = Conflict.find(in: r) else { return "the evidence disagrees" }
      return "the evidence disagrees: \(conflict.foretold), but \(conflict.seen)"
    }
  }

  /// `nginx listens`, or `something listens`, as subject of a sentence.
  private static func listens(_ r: Reading) -> String {
    guard r.presence == .listening else {
      return r.presence == .nothing ? "nothing listens" : "the packet"
    }
    let who = r.evidence.listeners?.matching.first.flatMap { $0.program?.command ?? $0.unit }
    return "\(who ?? "something") listens"
  }

  private static func fine(_ r: Reading, _ conclusion: Conclusion) -> String {
    switch conclusion.cause {
    case .connected:
      let who = r.evidence.listeners?.matching.first.flatMap { $0.program?.command ?? $0.unit }
      return r.isDatagram
        ? "\(who ?? "the service") answered" : "\(who ?? "the service") takes connections"
    case .allowed:
      return "\(listens(r)), and nothing on the way objects"
    case .notProbed:
      return "nothing was sent, and nothing else says whether it is open"
    case .firewallUnknown:
      return "\(listens(r)), but the firewall can't be read, so whether "
        + "\(Words.origin(r.evidence.flow.origin)) gets in is not known"
    default:
      let condition = r.firewall?.conclusion.conditions.first
      let holds = condition.map { $0.isLikely ? $0.holds : $0.fails }
      let likely = conclusion.state == .open ? "most likely let in" : "most likely kept out"
      return "\(likely), as long as \(holds ?? "what can't be foretold stays as it is")"
    }
  }

  private static func socket(_ r: Reading, _ cause: Cause) -> String {
    let flow = r.evidence.flow
    let other = r.nearMiss.map { Words.socket($0.listener) } ?? "another socket"
    switch cause {
    case .wrongAddress:
      let who = r.nearMiss.map { Words.program($0.listener) } ?? "another socket"
      let bound = r.nearMiss.map { Words.address($0.listener) } ?? "another address"
      return "\(who) listens on \(bound) only, not on \(flow.destination)"
    case .wrongFamily:
      let family = flow.destination.family == .v4 ? "IPv4" : "IPv6"
      return "\(other) takes no \(family)"
    case .wrongDevice: return "\(other) takes packets of that device only"
    case .wrongProtocol:
      return "nothing listens for \(flow.transport); the port is bound for "
        + "\(r.nearMiss?.listener.transport.description ?? "another protocol"): \(other)"
    case .otherNamespace:
      let place = r.namespaceElsewhere?.namespace ?? "another one"
      return "the listener is in another network namespace (\(place)), and nothing forwards to it"
    case .backlogFull:
      let socket = r.evidence.listeners?.matching.first
      let who = socket.map { Words.socket($0) } ?? "the listener"
      return "\(who) has a full accept queue (\(socket?.queue ?? 0) waiting, "
        + "\(socket?.backlog ?? 0) allowed): new connections are dropped"
    case .natTargetClosed:
      let endpoint = r.evidence.listeners?.endpoint.description ?? "another address"
      let place = r.evidence.listeners?.namespace.map { " in \($0)" } ?? ""
      return "NAT sends it to \(endpoint)\(place), where nothing listens"
    default:
      return "nothing listens on port \(flow.port)"
    }
  }

  private static func filtered(_ r: Reading, _ conclusion: Conclusion) -> String {
    let lead = r.presence == .listening ? "\(listens(r)), but " : ""
    let tail = r.presence == .nothing ? "; nothing listens there either" : ""
    guard let firewall = r.firewall, firewall.passage != .passes || firewall.mayFail else {
      return lead + otherFilters(r, conclusion) + tail
    }
    if let stop = firewall.stop { return lead + Words.obstacle(stop) + tail }
    let place = firewall.conclusion.decidedBy.map { ", \(Words.chain($0))" } ?? ""
    let owner = firewall.conclusion.owner.map { " (\($0))" } ?? ""
    let what = firewall.conclusion.direction == .reply ? "the answer" : "the packet"
    // Another namespace's firewall is nobody's own, and has to be looked for there.
    let isElsewhere = firewall.conclusion.place != r.evidence.firewall?.place
    let isOwn = r.evidence.flow.origin == .here && !r.evidence.isTargetLocal && !isElsewhere
    let whose = isOwn ? "this host's own" : "the"
    let site = isElsewhere ? " of \(firewall.conclusion.place)" : ""
    return "\(lead)\(whose) firewall\(site)\(owner) \(verb(firewall, what))\(place)\(tail)"
  }

  private static func otherFilters(_ r: Reading, _ conclusion: Conclusion) -> String {
    let names = (r.culprits.isEmpty ? r.suspects : r.culprits).map { filter in
      filter.kind.rawValue + (filter.interface.map { " on \($0)" } ?? "")
    }
    let what = names.isEmpty ? "another filter" : names.joined(separator: ", ")
    if conclusion.state == .open { return what + " can still drop it" }
    return what + (r.culprits.isEmpty ? " is likely to drop it" : " drops it")
  }

  private static func verb(_ firewall: FirewallReading, _ what: String) -> String {
    switch firewall.likeliest {
    case .reject: "rejects \(what)" + (firewall.rejection.map { " (\($0.name))" } ?? "")
    case .queue: "leaves \(what) in a queue that nobody reads"
    case .stolen: "takes \(what) elsewhere"
    case .accept, .drop, .conditional: "drops \(what)"
    }
  }

  private static func route(_ r: Reading, _ cause: Cause) -> String {
    let target = r.evidence.flow.destination.description
    let device = r.evidence.routeInterface?.name ?? "the interface"
    let isDown = r.evidence.routeInterface?.isUp == false
    if let stop = r.firewall?.stop, stop.direction == .reply || r.evidence.flow.origin != .here {
      let lead = r.presence == .listening ? "\(listens(r)), but " : ""
      guard cause == .noReturnRoute else { return lead + Words.obstacle(stop) }
      let source = Words.origin(r.evidence.flow.origin)
      return "\(lead)no way leads back to \(source): \(Words.obstacle(stop.obstacle))"
    }
    return switch cause {
    case .noRoute: "this host has no route to \(target)"
    case .routeBlackhole: "a blackhole route of this host swallows packets to \(target)"
    case .routeUnreachable: "an unreachable route of this host turns \(target) away"
    case .routeProhibit: "a prohibit route or rule of this host forbids \(target)"
    case .interfaceDown: "\(device) \(isDown ? "is down" : "has no carrier")"
    case .neighbourFailed where r.evidence.unresolved != nil:
      "ARP for \(nextHop(r)) on \(device) fails: this host's own firewall drops it, "
        + (r.evidence.unresolved.map { Words.chain($0) } ?? "")
    case .neighbourFailed:
      "nobody answers \(r.evidence.flow.destination.family == .v4 ? "ARP" : "neighbour discovery") "
        + "for \(nextHop(r)) on \(device)"
    default: "packets do not get from \(Words.origin(r.evidence.flow.origin)) to \(target) and back"
    }
  }

  private static func nextHop(_ r: Reading) -> String {
    if let neighbour = r.evidence.neighbour { return neighbour.address.description }
    if case .route(_, _, let gateway?, _, _)? = r.evidence.route {
      return "the gateway \(gateway)"
    }
    return r.evidence.flow.destination.description
  }

  private static func answered(_ r: Reading, _ conclusion: Conclusion) -> String {
    let error = r.probe.error.map(\.description) ?? "no reason given"
    switch conclusion.cause {
    case .remoteReset where r.presence == .listening:
      return "\(listens(r)), yet the connection is refused, and the firewall can't be read"
    case .remoteReset: return "refused: nothing listens there, or a firewall says so"
    case .noAnswer where r.presence == .listening:
      return "\(listens(r)), yet no answer comes, and the firewall can't be read"
    case .noAnswer:
      return r.isDatagram
        ? "no answer: open and silent, or filtered"
        : "no answer: a firewall on the way or at the target drops it, or the host is off"
    case .portUnreachable where r.isDatagram:
      return "refused: nothing listens on that UDP port, or a firewall rejects it"
    case .portUnreachable, .icmpProhibited, .protocolUnreachable:
      let from = r.probe.icmp?.from
      let who = from == r.evidence.flow.destination ? "the target" : from?.description
      return "a firewall at \(who ?? "an unknown host") rejects it: "
        + (r.probe.icmp.map(Words.icmpName) ?? error)
    case .permission: return "this host's kernel does not let the packet out: \(error)"
    case .sourceUnavailable: return "the source asked for can't be used here: \(error)"
    case .localError: return "this host could not send: \(error)"
    default:
      return r.probe.icmp.map(Words.icmp) ?? Words.probe(r.probe, r.transport)
    }
  }
}
