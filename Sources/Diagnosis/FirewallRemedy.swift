package import Model

/// Changes that may let a blocked packet through, for the evaluator to try.
package enum FirewallRemedy {
  /// Edits of the ruleset at `finding.firewall.place`, the most fitting first: the owner's own way,
  /// then a rule of one's own. Empty when no rule or policy of nf_tables decided.
  ///
  /// A later chain may still object: apply an edit, evaluate again, ask again with the new finding.
  package static func candidates(for evidence: Evidence, _ finding: Finding) -> [RulesetEdit] {
    guard let firewall = finding.firewall, let step = firewall.decidedBy, !step.isLegacy,
      [.drop, .reject, .queue, .stolen, .conditional].contains(firewall.verdict),
      step.verdict != .accept, finding.state != .open
    else { return [] }
    let site = Site(evidence, firewall, step)
    guard site.hasPlainNames else { return [] }
    return site.ownersEdits() + site.plainEdits()
  }

  /// The first candidate, tried or not.
  package static func candidate(for evidence: Evidence, _ finding: Finding) -> RulesetEdit? {
    candidates(for: evidence, finding).first
  }

  /// The sentence for edits that together were seen to work at a place: `here` or `netns:NAME`.
  package static func suggestion(for edits: [RulesetEdit], at place: String) -> String? {
    let prefix = NamespaceWords.prefix(place)
    return edits.isEmpty ? nil : edits.map { prefix + $0.command }.joined(separator: " && ")
  }
}

/// Where a packet was stopped, and what is known of it there.
private struct Site {
  let step: TraceStep
  let owner: String?
  let isReply: Bool
  let transport: TransportProtocol
  /// Ports that the packet may carry at this hook, the likelier first.
  let ports: [Port]
  let source: IPAddress?
  let steps: [TraceStep]

  init(_ evidence: Evidence, _ firewall: FirewallConclusion, _ step: TraceStep) {
    self.step = step
    owner = firewall.owner
    isReply = firewall.direction == .reply
    transport = evidence.flow.transport
    let request = evidence.firewall?.request
    steps = request?.steps ?? []
    let original = evidence.flow.port
    let translated = request?.delivery.port ?? evidence.listeners?.endpoint.port ?? original
    // Before the routing decision NAT may still have to come (priority dstnat, -100).
    let isEarly = step.hook == .ingress || step.hook == .prerouting
    let both = isEarly != isReply ? [original, translated] : [translated, original]
    ports = both[0] == both[1] ? [both[0]] : both
    switch evidence.flow.origin {
    case .here: source = evidence.probe.source?.address
    case .address(let address, _, _), .outside(_, let address, _): source = address
    }
  }

  /// A command can be typed only if no name needs quoting.
  var hasPlainNames: Bool {
    [step.table, step.chain].allSatisfy { name in
      !name.isEmpty && !name.hasPrefix("-")
        && name.utf8.allSatisfy { byte in
          switch UInt8(byte) {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "+"):
            true
          default: false
          }
        }
    }
  }

  /// The source, where the rule asks for it: then the exception need not be for everybody.
  private var banned: IPAddress? {
    guard let source, let rule = step.rule else { return nil }
    let offset = source.family == .v4 ? 12 : 8
    let asks = rule.expressions.contains { expression in
      guard case .payload(let payload) = expression else { return false }
      return payload.base == .network && payload.offset == offset
    }
    return asks ? source : nil
  }

  private func acceptances() -> [RulesetEdit.Acceptance] {
    guard isReply else {
      return ports.map { .destinationPort(transport, $0, source: banned) }
    }
    let ipFamilies: [Family] = [.ip, .ip6, .inet]
    let bySource = ports.map { RulesetEdit.Acceptance.sourcePort(transport, $0, destination: nil) }
    return (ipFamilies.contains(step.family) ? [.establishedAndRelated] : []) + bySource
  }

  private func edit(
    chain: String, _ change: RulesetEdit.Change, _ command: String
  ) -> RulesetEdit {
    RulesetEdit(
      family: step.family, table: step.table, chain: chain, change: change, command: command)
  }

  // MARK: The owners' own ways

  func ownersEdits() -> [RulesetEdit] {
    guard !isReply, let port = ports.first else { return [] }
    let acceptance = RulesetEdit.Acceptance.destinationPort(transport, port, source: banned)
    switch owner {
    case "ufw": return ufw(acceptance, port)
    case "firewalld": return firewalld(acceptance, port)
    case "fail2ban": return lift { "fail2ban-client unban \($0)" }
    case "crowdsec": return lift { "cscli decisions delete --ip \($0)" }
    case "docker" where step.hook == .forward && Owner.isIptables(step):
      let words = "-I DOCKER-USER \(iptablesMatch(acceptance)) -j ACCEPT"
      return [edit(chain: "DOCKER-USER", .insertFirst(acceptance), "\(iptables) \(words)")]
    default: return []
    }
  }

  private func ufw(_ acceptance: RulesetEdit.Acceptance, _ port: Port) -> [RulesetEdit] {
    let prefix = step.family == .ip6 ? "ufw6-user-" : "ufw-user-"
    let from = banned.map { "from \($0) to any port \(port) proto \(transport)" }
    let what: String
    switch step.hook {
    case .input: what = "allow " + (from ?? "\(port)/\(transport)")
    case .output: what = "allow out \(port)/\(transport)"
    case .forward: what = "route allow proto \(transport) to any port \(port)"
    default: return []
    }
    let chain = prefix + step.hook.name
    if step.chain == chain, !step.isPolicy {
      let words =
        step.hook == .forward
        ? what.replacingFirst("route ", "route insert 1 ") : "insert 1 \(what)"
      return [edit(chain: chain, .insertFirst(acceptance), "ufw \(words)")]
    }
    return [edit(chain: chain, .append(acceptance), "ufw \(what)")]
  }

  /// The zone is the last `filter_IN_ZONE` that the packet was sent into.
  private func firewalld(_ acceptance: RulesetEdit.Acceptance, _ port: Port) -> [RulesetEdit] {
    let prefix = "filter_IN_"
    let parts = ["_pre", "_log", "_deny", "_allow", "_post"]
    guard step.hook == .input, banned == nil,
      let chain = steps.compactMap(\.target).last(where: { target in
        target.hasPrefix(prefix) && !target.hasPrefix(prefix + "policy_")
          && !parts.contains { target.hasSuffix($0) }
      })
    else { return [] }
    let zone = chain.dropFirst(prefix.count)
    let command = "firewall-cmd --zone=\(zone) --add-port=\(port)/\(transport)"
    return [edit(chain: chain + "_allow", .append(acceptance), command)]
  }

  private func lift(_ command: (IPAddress) -> String) -> [RulesetEdit] {
    guard let source, let handle = step.handle else { return [] }
    return [edit(chain: step.chain, .delete(handle: handle), command(source))]
  }

  // MARK: A rule of one's own

  func plainEdits() -> [RulesetEdit] {
    acceptances().map { acceptance in
      if Owner.isIptables(step) {
        let chain = step.path.first ?? step.chain
        let table = step.table == "filter" ? "" : "-t \(step.table) "
        let words = "\(table)-I \(chain) \(iptablesMatch(acceptance)) -j ACCEPT"
        return edit(chain: chain, .insertFirst(acceptance), "\(iptables) \(words)")
      }
      let place = "\(step.family.name) \(step.table) \(step.chain)"
      guard let handle = step.handle, !step.isPolicy else {
        return edit(
          chain: step.chain, .append(acceptance),
          "nft add rule \(place) \(nftMatch(acceptance)) accept")
      }
      return edit(
        chain: step.chain, .insertBefore(handle: handle, acceptance),
        "nft insert rule \(place) position \(handle) \(nftMatch(acceptance)) accept")
    }
  }

  private var iptables: String { step.family == .ip6 ? "ip6tables" : "iptables" }

  private func nftMatch(_ acceptance: RulesetEdit.Acceptance) -> String {
    func word(_ address: IPAddress) -> String { address.family == .v4 ? "ip" : "ip6" }
    return switch acceptance {
    case .destinationPort(let transport, let port, let source):
      (source.map { "\(word($0)) saddr \($0) " } ?? "") + "\(transport) dport \(port)"
    case .sourcePort(let transport, let port, let destination):
      (destination.map { "\(word($0)) daddr \($0) " } ?? "") + "\(transport) sport \(port)"
    case .establishedAndRelated: "ct state established,related"
    }
  }

  private func iptablesMatch(_ acceptance: RulesetEdit.Acceptance) -> String {
    switch acceptance {
    case .destinationPort(let transport, let port, let source):
      (source.map { "-s \($0) " } ?? "") + "-p \(transport) --dport \(port)"
    case .sourcePort(let transport, let port, let destination):
      (destination.map { "-d \($0) " } ?? "") + "-p \(transport) --sport \(port)"
    case .establishedAndRelated: "-m conntrack --ctstate RELATED,ESTABLISHED"
    }
  }
}

extension String {
  fileprivate func replacingFirst(_ old: String, _ new: String) -> String {
    hasPrefix(old) ? new + dropFirst(old.count) : self
  }
}
