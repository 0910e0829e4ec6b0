package import Model

/// One port's answer for people: the state, the evidence line by line, then what to do.
package struct FindingText {
  private let style: Style
  private let describe: RuleDescriber
  /// Whether every line of evidence is shown, rather than the most telling.
  private let isVerbose: Bool

  /// Lines of `details` that an answer shows unless asked for all.
  private static let detailLimit = 2

  package init(style: Style, isVerbose: Bool = false, describe: @escaping RuleDescriber) {
    self.style = style
    self.isVerbose = isVerbose
    self.describe = describe
  }

  /// The lines, each with a line end.
  package func text(of result: CheckResult) -> String {
    let finding = result.finding
    let evidence = result.evidence
    let state = style.state(finding.state, isConditional: finding.isConditional)
    var text = "\(Self.subject(result)): \(state)\n  \(Escaping.printable(finding.summary))\n"
    if evidence.probe.kind != .skipped || isVerbose { text += line("probe", probe(evidence)) }
    if let banner = evidence.probe.banner, !banner.isEmpty { text += line("banner", show(banner)) }
    if let listeners = evidence.listeners { text += line("listener", listener(listeners)) }
    if let service = service(finding) { text += line("service", service) }
    return text + decision(of: result)
  }

  /// The service that is missing, in one line; of one that can be stopped only where all is wanted:
  /// its unit stands beside the listener already.
  private func service(_ finding: Finding) -> String? {
    guard let provider = finding.provider else { return nil }
    guard let stop = provider.stop else { return Escaping.printable(provider.summary) }
    return isVerbose
      ? Escaping.printable("\(provider.summary); to stop it: \(stop)") : nil
  }

  /// The lines on the firewall's part, the notes, and what to do.
  func decision(of result: CheckResult) -> String {
    let finding = result.finding
    // A firewall that lets pass is not worth a line after a handshake, or where no way leads.
    let isPlain =
      (finding.cause == .connected || finding.state == .unreachable)
      && finding.firewall?.verdict == .accept
    var text = isPlain && !isVerbose ? "" : line("firewall", firewall(result))
    if let step = finding.firewall?.decidedBy, finding.state != .open || isVerbose,
      let rule = rule(step)
    {
      text += line("rule", rule)
    }
    let details = isVerbose ? finding.details : Array(finding.details.prefix(Self.detailLimit))
    for detail in details { text += line("note", Escaping.printable(detail)) }
    if let suggestion = finding.suggestion {
      text += line("try", style.paint(Escaping.printable(suggestion), .heading))
    }
    return text
  }

  private func line(_ label: String, _ text: String) -> String {
    "  " + style.paint(label.padded(to: 10), .faint) + " " + text + "\n"
  }

  /// `8080/tcp (http-alt) on db1 (10.0.0.5) from 10.0.0.9`
  static func subject(_ result: CheckResult) -> String {
    let flow = result.evidence.flow
    let service = result.service.map { " (\(Escaping.printable($0)))" } ?? ""
    let scope = result.scope.map { "%" + Escaping.printable($0) } ?? ""
    let address = flow.destination.description + scope
    let target = Escaping.printable(result.target)
    let host = target == address || target.isEmpty ? address : "\(target) (\(address))"
    let from =
      switch flow.origin {
      case .here: ""
      case .address: " from \(Escaping.printable(flow.origin.word))"
      case .outside(let interface, let source, let isBeyondGateway):
        " from outside, \(Escaping.printable(interface)) "
          + (isBeyondGateway ? "(beyond the gateway, as \(source))" : "(as \(source))")
      }
    return "\(flow.port)/\(flow.transport)\(service) on \(host)\(from)"
  }

  private func probe(_ evidence: Evidence) -> String {
    let probe = evidence.probe
    let time = probe.roundTrip.map { " after \(JSONWriter.milliseconds($0)) ms" } ?? ""
    let tries = probe.attempts > 1 ? " (\(probe.attempts) tries)" : ""
    let isElsewhere: Bool
    switch evidence.flow.origin {
    case .here: isElsewhere = false
    case .address(let address, _, _): isElsewhere = probe.source?.address != address
    case .outside: isElsewhere = true
    }
    let here = isElsewhere && probe.kind != .skipped ? ", from this host" : ""
    let isTCP = evidence.flow.transport == .tcp
    switch probe.kind {
    case .connected: return (isTCP ? "connected" : "answered") + time + here
    case .refused:
      let how = probe.icmp.map(icmp) ?? (isTCP ? "RST" : "port unreachable")
      return "refused (\(how))\(time)\(here)"
    case .timeout: return "no answer\(time)\(tries)\(here)"
    case .icmp: return (probe.icmp.map(icmp) ?? "ICMP error") + time + here
    case .error where probe.icmp?.isLocal == true:
      return "the next hop does not answer\(time)\(here)"
    case .error: return "not sent: \(probe.error?.description ?? "refused by the kernel")\(here)"
    case .skipped: return "none sent: evidence only"
    }
  }

  private func icmp(_ error: ICMPError) -> String {
    if error.isLocal { return "the next hop does not answer" }
    let version = error.from.family == .v4 ? "ICMP" : "ICMPv6"
    return "\(version) \(error.type)/\(error.code) from \(error.from)"
  }

  private func show(_ banner: [UInt8]) -> String {
    let limit = 120
    let text = Escaping.printable(bytes: banner.withoutLineEnd.prefix(limit))
    return banner.count > limit ? text + " ..." : text
  }

  private func listener(_ evidence: ListenerEvidence) -> String {
    let place = evidence.namespace.map { " in \(Escaping.printable($0))" } ?? ""
    guard let first = evidence.matching.first else {
      guard let near = evidence.near.first else { return "nothing\(place)" }
      return "none that takes it\(place); near: " + SocketText.text(of: near.listener)
    }
    let more = evidence.matching.count > 1 ? " and \(evidence.matching.count - 1) more" : ""
    return SocketText.text(of: first) + more + place
  }

  private func firewall(_ result: CheckResult) -> String {
    guard let firewall = result.finding.firewall else { return "not known" }
    let isEnd = result.evidence.isTargetLocal
    let way = firewall.direction == .reply ? "the answer " : ""
    let place = firewall.place == "here" ? "" : " in \(Escaping.printable(firewall.place))"
    let verb =
      switch firewall.verdict {
      case .accept: "lets it pass"
      case .drop: "drops \(way)"
      case .reject: "rejects \(way)"
      case .queue: "queues \(way)"
      case .stolen: "takes \(way)away "
      case .conditional: "lets it pass or not "
      }
    guard firewall.verdict != .accept, let step = firewall.decidedBy else {
      let whose = isEnd ? "" : "this host's "
      let rest = isEnd ? "" : "; the target's is not known"
      return whose + verb.trimmed + place + rest
    }
    let owner = firewall.owner.map { "  (owner: \(Escaping.printable($0)))" } ?? ""
    return "\(verb)at \(step.hook.name): \(StepText.place(step))\(place)\(owner)"
  }

  private func rule(_ step: TraceStep) -> String? {
    guard let text = step.ruleText(describe) else { return nil }
    // nft's own syntax carries the comment; iptables' stands in a match of its own.
    let comment = step.comment.map { "  # \(Escaping.printable($0))" } ?? ""
    return Escaping.printable(text) + (text.contains("comment ") ? "" : comment)
  }
}

/// One socket in one line: address, program, queue.
enum SocketText {
  static func text(of socket: Listener) -> String {
    var text = Endpoint(socket.address, port: socket.port).description
    if let device = socket.deviceName { text += "%" + Escaping.printable(device) }
    if socket.isV6Only, socket.address.isUnspecified { text += " (IPv6 only)" }
    var who: [String] = []
    if let program = socket.program {
      who.append("\(Escaping.printable(program.command)), pid \(program.pid)")
    }
    who.append("user \(Escaping.printable(socket.user ?? String(socket.userID)))")
    if let unit = socket.unit { who.append(Escaping.printable(unit)) }
    text += "  " + who.joined(separator: ", ")
    if socket.transport == .tcp { text += "  queue \(socket.queue)/\(socket.backlog)" }
    return text
  }
}

/// Where a step happened, for people.
enum StepText {
  static func place(_ step: TraceStep) -> String {
    let path = step.path.count > 1 ? step.path.joined(separator: " > ") : step.chain
    let chain = Escaping.printable("\(step.family.name) \(step.table) \(path)")
    if step.isPolicy { return chain + " (policy)" }
    if step.isLegacy { return "iptables-legacy " + Escaping.printable("\(step.table) \(path)") }
    return chain + (step.handle.map { " handle \($0)" } ?? "")
  }
}

extension [UInt8] {
  /// The bytes before the line ends that close them.
  var withoutLineEnd: ArraySlice<UInt8> {
    var rest = self[...]
    while let last = rest.last, last == 0x0a || last == 0x0d { rest.removeLast() }
    return rest
  }
}

extension String {
  /// The text with spaces up to `width` characters.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  /// The text without spaces at its end.
  var trimmed: String {
    var text = self
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
