internal import DecisionDiagram
internal import Model

extension Run {
  /// Source: net/netfilter/nft_rt.c.
  func evaluate(_ routing: Routing) -> Node {
    guard let route = state.route else { return .never }
    switch routing.key {
    case .classID:
      registers.store(SymbolicBytes(hostOrder: route.realm), at: routing.destination)
    case .nextHopV4, .nextHopV6:
      guard let family = state.family, (family == .v4) == (routing.key == .nextHopV4) else {
        return .never
      }
      let hop = route.gateway.map { SymbolicBytes($0.bytes) } ?? state.destination(family)
      registers.store(hop, at: routing.destination)
    case .tcpMSS:
      registers.store(unknownBytes("the route's TCP MSS", count: 2), at: routing.destination)
    case .transform:
      registers.store(SymbolicBytes([0]), at: routing.destination)
    }
    return .always
  }

  /// Source: net/ipv4/netfilter/nft_fib_ipv4.c, net/ipv6/netfilter/nft_fib_ipv6.c.
  func evaluate(_ fib: FIBLookup, _ matched: Node) -> Node {
    guard let family = state.family else { return .never }
    let address =
      fib.flags.contains(.destination)
      ? state.destination(family) : state.source(family)
    let usesMark = fib.flags.contains(.mark)
    var key = address
    key.append(usesMark ? state.mark : SymbolicBytes(hostOrder: 0))
    guard let parts = diagram.values(of: key, in: matched) else {
      let length = fib.result == .outputName ? 16 : 4
      registers.store(unknownBytes("the result of fib", count: length), at: fib.destination)
      return .always
    }
    var result: SymbolicBytes?
    for (value, set) in parts {
      guard let address = IPAddress(bytes: value.dropLast(4)) else { return .never }
      let mark = value.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let answer = SymbolicBytes(fibResult(fib, address, mark: mark))
      result = result.map { diagram.choose(set, answer, $0) } ?? answer
    }
    guard let result else { return .never }
    registers.store(result, at: fib.destination)
    return .always
  }

  private func fibResult(_ fib: FIBLookup, _ address: IPAddress, mark: UInt32) -> [UInt8] {
    let device: Interface? =
      if fib.flags.contains(.inputInterface) {
        state.input
      } else if fib.flags.contains(.outputInterface) {
        state.output
      } else {
        nil
      }
    if fib.result == .addressType {
      let type = routing.addressType(address, on: device)
      return hostOrder(UInt32(type.rawValue))
    }
    let found = fibInterface(fib, address, device: device, mark: mark)
    if fib.flags.contains(.present) { return [found == nil ? 0 : 1] }
    if fib.result == .outputInterface { return hostOrder(found?.index.rawValue ?? 0) }
    let name = Array((found?.name ?? "").utf8.prefix(16))
    return name + [UInt8](repeating: 0, count: 16 - name.count)
  }

  /// The device that the address is reached by, `nil` without a usable route.
  private func fibInterface(
    _ fib: FIBLookup, _ address: IPAddress, device: Interface?, mark: UInt32
  ) -> Interface? {
    // A packet on loopback is its own way back (nft_fib_is_loopback).
    if hook == .prerouting || hook == .input, let input = state.input, input.isLoopback {
      return input
    }
    var key = RoutingTable.Key(destination: address, mark: mark)
    if fib.flags.contains(.destination), let family = state.family {
      key.source = state.source(family).constant.flatMap { IPAddress(bytes: $0) }
    }
    guard case .found(let route, let hop) = routing.lookup(key) else { return nil }
    guard route.type == .unicast else { return nil }
    if let device {
      let uses = route.nextHops.contains { $0.interface == device.index }
      return uses ? device : nil
    }
    return hop?.interface.flatMap { host.interface($0) }
  }

  private func hostOrder(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
  }

  /// Only SYNs have a fingerprint (net/netfilter/nft_osf.c); whose it is, is for a database to say.
  func evaluate(_ system: OperatingSystem) -> Node {
    guard state.transport == TransportProtocol.tcp.rawValue, state.fragmentOffset == 0,
      let flags = state.network.constant(
        min(
          state.transportOffset + 13, state.network.count)..<min(
            state.transportOffset + 14, state.network.count))?.first,
      flags & 0x02 != 0
    else { return .never }
    registers.store(
      unknownBytes("the sender's operating system", count: 16), at: system.destination)
    return .always
  }

  /// Packets here did not come through a tunnel with metadata: no path, and an id breaks.
  func evaluate(_ tunnel: Tunnel) -> Node {
    guard tunnel.key == 0 else { return .never }
    registers.store(SymbolicBytes([0]), at: tunnel.destination)
    return .always
  }

  /// Without an IPsec transformation it breaks, in both senses (net/netfilter/nft_xfrm.c).
  func evaluateTransform() -> Node {
    let hasPolicies = host.otherFilters.contains { $0.kind == .ipsecPolicy }
    return hasPolicies ? undecidable("an IPsec match", isLikely: false) : .never
  }

  /// Tunnels run over UDP or GRE with a payload to look into (net/netfilter/nft_inner.c).
  func evaluate(_ inner: Inner) -> Node {
    let protocols: [TransportProtocol] = [.udp, .gre]
    guard let transport = state.transport,
      protocols.contains(TransportProtocol(rawValue: transport)),
      state.transportLength > 8 + Int(inner.headerSize)
    else { return .never }
    return undecidable("a match inside a tunnel", isLikely: false)
  }

  /// A first packet is never offloaded: it breaks (net/netfilter/nft_flow_offload.c).
  func evaluateOffload(_ flowtable: String) -> Node {
    switch state.connection.classification {
    case .new, .invalid, .untracked: .never
    case .established, .related: undecidable("flow offload to \(flowtable)")
    }
  }
}
