internal import Model

/// Further lines of evidence for people, the most telling first.
enum Details {
  static func lines(_ r: Reading, _ conclusion: Conclusion) -> [String] {
    var lines: [String] = []
    if conclusion.cause == .evidenceConflict, let conflict = Conflict.find(in: r) {
      lines += conflict.reasons.map { "perhaps \($0)" }
      lines += filters(r, "also on the way:")
    } else if [.filtered, .blocked, .openOrFiltered, .unknown].contains(conclusion.state)
      || conclusion.isConditional
    {
      lines += filters(r, "on the way:")
    }
    if conclusion.cause == .neighbourFailed, let step = r.evidence.unresolved {
      lines.append("ARP is dropped at \(step.hook.name): \(Words.place(step))")
    }
    lines += conditions(r)
    lines += lookAlike(r, conclusion)
    lines += translation(r)
    if conclusion.cause == .natTargetClosed, let miss = r.nearMiss {
      lines.append("near it: \(Words.socket(miss.listener))")
    }
    lines += ownAnswer(r)
    lines += r.evidence.firewall?.request.assumptions.map { "assumed: \($0)" } ?? []
    lines += r.evidence.gaps
    return lines
  }

  private static func filters(_ r: Reading, _ lead: String) -> [String] {
    r.suspects.map { filter in
      let device = filter.interface.map { " on \($0)" } ?? ""
      return "\(lead) \(filter.kind.rawValue)\(device): \(filter.detail)"
    }
  }

  private static func conditions(_ r: Reading) -> [String] {
    guard let firewall = r.firewall, !firewall.isCertain else { return [] }
    return firewall.conclusion.conditions.map { condition in
      "the other way round if \(condition.isLikely ? condition.fails : condition.holds)"
    }
  }

  /// A rejection is made to look like something else.
  private static func lookAlike(_ r: Reading, _ conclusion: Conclusion) -> [String] {
    guard conclusion.cause == .firewallReject || conclusion.cause == .legacyIptables,
      r.firewall?.passage == .rejects
    else { return [] }
    switch r.firewall?.rejection {
    case .tcpReset:
      return ["looks like \"Connection refused\" from outside, the same as a closed port"]
    case .icmp(code: 3), .icmpv6(code: 4):
      return ["looks like \"Connection refused\" from outside, as if the port were closed"]
    case .icmp(code: 0), .icmpv6(code: 0), .icmp(code: 9):
      return ["looks like \"Network is unreachable\" from outside"]
    case .icmp(code: 2):
      return ["looks like \"Protocol not available\" from outside"]
    case .icmpv6(code: 1), .icmpv6(code: 5), .icmpv6(code: 6):
      return ["looks like \"Permission denied\" from outside"]
    case .icmp, .icmpv6:
      return ["looks like \"No route to host\" from outside"]
    case nil:
      return []
    }
  }

  private static func translation(_ r: Reading) -> [String] {
    guard let firewall = r.evidence.firewall, firewall.isTranslated,
      let address = firewall.request.delivery.address
    else { return [] }
    let endpoint = Endpoint(address, port: firewall.request.delivery.port)
    return ["NAT sends it on to \(endpoint)"]
  }

  /// An ICMP error from one of this host's addresses is its own firewall's.
  private static func ownAnswer(_ r: Reading) -> [String] {
    guard r.firewall == nil, let icmp = r.networkError,
      icmp.isLocal || icmp.from == r.probe.source?.address,
      icmp.from != r.evidence.flow.destination
    else { return [] }
    return ["the error came from this host itself: its own output chain rejects"]
  }
}
