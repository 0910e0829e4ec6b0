internal import Model

/// What to do about it: concrete, and never done by this program.
///
/// For a rule that blocks, the change is proposed by `FirewallRemedy`, and shown only after the
/// evaluator has agreed; what stands here points to the rule.
enum Suggestion {
  static func text(_ r: Reading, _ conclusion: Conclusion) -> String? {
    switch conclusion.cause {
    case .connected, .allowed, .conditional, .notProbed, .martian, .nameNotFound, .nameFailure:
      return nil
    case .noListener, .wrongAddress, .wrongFamily, .wrongDevice, .wrongProtocol, .otherNamespace,
      .backlogFull, .natTargetClosed:
      return socket(r, conclusion.cause)
    case .firewallDrop, .firewallReject, .firewallQueue, .legacyIptables:
      return firewall(r)
    case .otherFilter:
      return (r.culprits + r.suspects).first.map(look)
    case .noRoute, .routeBlackhole, .routeUnreachable, .routeProhibit, .interfaceDown,
      .neighbourFailed, .noReturnRoute, .reversePath, .forwardingDisabled:
      return route(r, conclusion.cause)
    case .hostUnreachable, .netUnreachable, .ttlExceeded, .portUnreachable, .icmpProhibited,
      .protocolUnreachable, .remoteReset, .noAnswer:
      return elsewhere(r, conclusion.cause)
    case .permission, .sourceUnavailable, .localError:
      return local(r, conclusion.cause)
    case .firewallUnknown:
      return "run it as root, or: setcap cap_net_admin+ep on the reach binary"
    case .evidenceConflict:
      let flow = r.evidence.flow
      return "watch one packet: reach trace \(flow.destination) \(flow.port)"
    }
  }

  private static func socket(_ r: Reading, _ cause: Cause) -> String? {
    let flow = r.evidence.flow
    let endpoint = Endpoint(flow.destination, port: flow.port)
    let near = r.nearMiss?.listener
    let who = near.map { $0.unit ?? $0.program?.command ?? "the program" } ?? "the program"
    switch cause {
    case .wrongAddress:
      let any = flow.destination.family == .v4 ? "0.0.0.0" : "[::]"
      return "make \(who) listen on \(endpoint) or \(any):\(flow.port) "
        + "(its listen or bind setting), and restart it"
    case .wrongFamily:
      return flow.destination.family == .v4
        ? "make \(who) listen on 0.0.0.0:\(flow.port) as well, or on [::] without IPV6_V6ONLY"
        : "make \(who) listen on [::]:\(flow.port) as well"
    case .wrongDevice:
      return "take the device out of \(who)'s socket (SO_BINDTODEVICE; in a unit: BindToDevice=)"
    case .otherNamespace:
      guard let place = r.namespaceElsewhere else { return nil }
      let bound = place.listeners.first?.address ?? .anyV4
      let loopback: IPAddress = bound.family == .v4 ? .loopbackV4 : .loopbackV6
      return "publish the port to the host, or ask inside: reach --netns "
        + "\(place.selector.shellWord) \(bound.isUnspecified ? loopback : bound) \(flow.port)"
    case .backlogFull:
      let socket = r.evidence.listeners?.matching.first
      let name = socket.map { $0.unit ?? $0.program?.command ?? "the program" } ?? "the program"
      return "see why \(name) does not accept (hung, out of descriptors?), or raise its backlog"
    case .natTargetClosed:
      let target = r.evidence.listeners?.endpoint.description ?? "the NAT rule's target"
      return "start what should listen on \(target), or correct the NAT rule"
    case .wrongProtocol:
      return "ask with \(flow.transport == .tcp ? "-u (UDP)" : "TCP (without -u)"), "
        + "or start the \(flow.transport) service"
    default:
      return ServiceAdvice.suggestion(r)
        ?? "start the service that should listen on \(flow.port)/\(flow.transport)"
    }
  }

  private static func firewall(_ r: Reading) -> String? {
    guard let step = r.firewall?.conclusion.decidedBy else { return nil }
    let prefix = NamespaceWords.prefix(r.firewall?.conclusion.place)
    guard !step.isLegacy else {
      let program = step.family == .ip6 ? "ip6tables-legacy" : "iptables-legacy"
      return "see it: \(prefix)\(program) -t \(step.table.shellWord) -S \(step.chain.shellWord)"
    }
    return "see it: \(prefix)nft -a list chain \(step.family.name) \(step.table.shellWord) "
      + step.chain.shellWord
  }

  private static func look(_ filter: OtherFilter) -> String {
    let device = filter.interface?.shellWord ?? "DEVICE"
    return switch filter.kind {
    case .legacyTable: "see it: iptables-legacy -t \(filter.table ?? "filter") -S"
    case .xdp: "see it: ip -d link show dev \(device), bpftool net"
    case .trafficControl: "see it: tc filter show dev \(device) ingress (and egress)"
    case .cgroupBPF: "see it: bpftool cgroup tree; systemctl show -p IPAddressDeny UNIT"
    case .ipsecPolicy: "see it: ip xfrm policy"
    case .socketFilter: "see it: ss -lntpbe"
    case .ipvs: "see it: ipvsadm -Ln"
    }
  }

  private static func route(_ r: Reading, _ cause: Cause) -> String? {
    let target = r.evidence.flow.destination
    let device = r.evidence.routeInterface?.name.shellWord ?? "DEVICE"
    let back: String
    switch r.evidence.flow.origin {
    case .here: back = "the source"
    case .address(let address, _, _), .outside(_, let address, _): back = address.description
    }
    switch cause {
    case .noRoute: return "ip route add \(target) via GATEWAY  (see: ip route; ip rule)"
    case .routeBlackhole, .routeUnreachable, .routeProhibit:
      return "find it: ip route get fibmatch \(target); ip rule  (then: ip route del ...)"
    case .interfaceDown:
      return r.evidence.routeInterface?.isUp == true
        ? "plug in or switch on the other end of \(device)" : "ip link set \(device) up"
    case .neighbourFailed:
      if let step = r.evidence.unresolved {
        return "see it: nft -a list chain \(step.family.name) \(step.table.shellWord) "
          + step.chain.shellWord
      }
      return "is it on, and in this network? see: ip neigh show; ip route get \(target)"
    case .noReturnRoute: return "ip route add \(back) via GATEWAY  (see: ip route get \(back))"
    case .reversePath:
      let input = incoming(r)?.shellWord ?? "IFACE"
      return "route \(back) out of \(input), or: sysctl -w net/ipv4/conf/\(input)/rp_filter=2"
    case .forwardingDisabled:
      return target.family == .v4
        ? "sysctl -w net.ipv4.ip_forward=1" : "sysctl -w net.ipv6.conf.all.forwarding=1"
    default: return nil
    }
  }

  private static func incoming(_ r: Reading) -> String? {
    if let arrival = r.evidence.arrivalInterface { return arrival }
    return switch r.evidence.flow.origin {
    case .here: nil
    case .address(_, _, let interface): interface
    case .outside(let interface, _, _): interface
    }
  }

  private static func elsewhere(_ r: Reading, _ cause: Cause) -> String? {
    let target = r.evidence.flow.destination
    let port = r.evidence.flow.port
    let from = r.probe.source?.address.description ?? "THIS-HOST"
    switch cause {
    case .remoteReset where r.presence == .listening, .noAnswer where r.presence == .listening:
      return "run it as root, so that the firewall can be read"
    case .remoteReset, .noAnswer, .portUnreachable:
      return "ask there: reach \(target) \(port)\(r.isDatagram ? " -u" : "") --from \(from)"
    case .icmpProhibited, .protocolUnreachable:
      return "look at the firewall of \(r.probe.icmp?.from.description ?? "that host")"
    case .hostUnreachable, .netUnreachable:
      return "look at the routes of \(r.probe.icmp?.from.description ?? "that host")"
    case .ttlExceeded: return "look for a routing loop: mtr -T -P \(port) \(target)"
    default: return nil
    }
  }

  private static func local(_ r: Reading, _ cause: Cause) -> String? {
    switch (cause, r.probe.error) {
    case (.permission, .some(.notPermitted)) where r.firewall == nil:
      "run it as root, so that this host's own firewall can be read"
    case (.sourceUnavailable, .some(.addressInUse)): "choose another source port, or wait a minute"
    case (.sourceUnavailable, _): "choose an address of this host: ip -br address"
    case (.localError, .some(.processFiles)): "raise the limit: ulimit -n 4096"
    default: nil
    }
  }
}
