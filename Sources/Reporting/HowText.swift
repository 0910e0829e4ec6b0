package import Model

/// The classic commands that show the same, for `--how`: whoever doubts can look for himself.
package enum HowText {
  /// One command a line, each with what it shows; no line without a reason in the finding.
  package static func text(of result: CheckResult, style: Style = .plain) -> String {
    text(of: [result], style: style)
  }

  /// The same for several results, each command once.
  package static func text(of results: [CheckResult], style: Style = .plain) -> String {
    var commands: [Command] = []
    var seen: Set<Command> = []
    for command in results.flatMap({ Self.commands(for: $0) }) where seen.insert(command).inserted {
      commands.append(command)
    }
    guard !commands.isEmpty else { return "" }
    let width = min(commands.map(\.line.count).max() ?? 0, 60)
    return style.paint("the same by hand:", .heading) + "\n"
      + commands.map { "  \(Escaping.printable($0.line).padded(to: width))  # \($0.purpose)\n" }
      .joined()
  }

  struct Command: Hashable {
    var line: String
    var purpose: String
  }

  static func commands(for result: CheckResult) -> [Command] {
    let evidence = result.evidence
    let flow = evidence.flow
    let isTCP = flow.transport == .tcp
    var commands: [Command] = []
    if evidence.probe.kind != .skipped {
      let words = (isTCP ? "" : "u") + (flow.destination.family == .v6 ? "6" : "")
      commands.append(
        Command(
          line: "nc -vz\(words) -w 2 \(flow.destination) \(flow.port)", purpose: "the probe"))
    }
    if evidence.listeners != nil {
      commands.append(socketTable(result))
    }
    let place = NamespaceWords.prefix(evidence.firewall?.place ?? "here")
    commands += routes(result).map { Command(line: place + $0.line, purpose: $0.purpose) }
    if let firewall = result.finding.firewall { commands += chains(firewall) }
    commands += special(result)
    return commands
  }

  private static func socketTable(_ result: CheckResult) -> Command {
    let flow = result.evidence.flow
    let port = result.evidence.listeners?.endpoint.port ?? flow.port
    let named = result.evidence.listeners?.namespace.map { NamespaceWords.prefix($0) }
    let place = named ?? NamespaceWords.prefix(result.evidence.firewall?.place ?? "here")
    let kind = flow.transport == .tcp ? "-lntpe" : "-lnupe"
    return Command(line: "\(place)ss \(kind) 'sport = :\(port)'", purpose: "who listens")
  }

  private static func routes(_ result: CheckResult) -> [Command] {
    let flow = result.evidence.flow
    let target = flow.destination
    switch flow.origin {
    case .here:
      var commands = [Command(line: "ip route get \(target)", purpose: "the way there")]
      if result.finding.cause == .neighbourFailed || result.finding.cause == .interfaceDown {
        commands.append(Command(line: "ip neigh show; ip -br link", purpose: "the next hop"))
      }
      return commands
    case .address(let source, _, let interface):
      return arrival(target, source, interface)
    case .outside(let interface, let source, _):
      return arrival(target, source, interface)
    }
  }

  private static func arrival(
    _ target: IPAddress, _ source: IPAddress, _ interface: String?
  ) -> [Command] {
    let device = interface.map { " iif \($0.shellWord)" } ?? ""
    return [
      Command(line: "ip route get \(target) from \(source)\(device)", purpose: "the way in"),
      Command(line: "ip route get \(source)", purpose: "the way back"),
    ]
  }

  private static func chains(_ firewall: FirewallConclusion) -> [Command] {
    let place = NamespaceWords.prefix(firewall.place)
    guard let step = firewall.decidedBy else {
      return [Command(line: "\(place)nft list ruleset", purpose: "the rules: none objects")]
    }
    let purpose = step.isPolicy ? "the policy that decides" : "the rule that decides"
    if step.isLegacy {
      let program = step.family == .ip6 ? "ip6tables-legacy" : "iptables-legacy"
      return [
        Command(
          line: "\(place)\(program) -t \(step.table.shellWord) -vnL \(step.chain.shellWord)",
          purpose: purpose)
      ]
    }
    let chain = "\(step.family.name) \(step.table.shellWord) \(step.chain.shellWord)"
    return [Command(line: "\(place)nft -a list chain \(chain)", purpose: purpose)]
  }

  private static func special(_ result: CheckResult) -> [Command] {
    switch result.finding.cause {
    case .reversePath:
      [Command(line: "sysctl -a -r 'rp_filter$'", purpose: "1 is strict, 2 loose")]
    case .forwardingDisabled:
      [Command(line: "sysctl -a -r 'forwarding$'", purpose: "per interface, and all")]
    case .ttlExceeded:
      [Command(line: "traceroute -n \(result.evidence.flow.destination)", purpose: "the hops")]
    case .backlogFull:
      [Command(line: "nstat -az TcpExtListenOverflows", purpose: "grows with each drop")]
    case .firewallQueue:
      [Command(line: "cat /proc/net/netfilter/nfnetlink_queue", purpose: "queues with a reader")]
    case .otherFilter:
      [
        Command(line: "ip -d link; tc filter show; ip xfrm policy", purpose: "other filters"),
        Command(line: "bpftool net; bpftool cgroup tree", purpose: "BPF programs"),
      ]
    case .otherNamespace:
      [Command(line: "ip netns list; lsns -t net", purpose: "other namespaces")]
    default: []
    }
  }
}
