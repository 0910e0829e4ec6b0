internal import DecisionDiagram
internal import Model

/// Sources: net/ipv4/netfilter/nft_fib_ipv4.c, net/ipv6/netfilter/nft_fib_ipv6.c.
extension Run {
  func evaluate(_ fib: FIBLookup, _ matched: Node) -> Node {
    guard let family = state.family else { return .never }
    let isDestination = fib.flags.contains(.destination)
    // The address, the mark, and the other address, by which routing rules may choose.
    var key = isDestination ? state.destination(family) : state.source(family)
    let usesMark = fib.flags.contains(.mark)
    key.append(usesMark ? state.mark : SymbolicBytes(hostOrder: 0))
    key.append(isDestination ? state.source(family) : state.destination(family))
    guard let parts = diagram.values(of: key, in: matched) else {
      let length = fib.result == .outputName ? 16 : 4
      registers.store(unknownBytes("the result of fib", count: length), at: fib.destination)
      return .always
    }
    let length = family.addressLength
    var result: SymbolicBytes?
    for (value, set) in parts {
      guard let address = IPAddress(bytes: value[..<length]),
        let other = IPAddress(bytes: value[(length + 4)...])
      else { return .never }
      let mark = value[length..<length + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      var question = RoutingTable.Key(destination: address, source: other, mark: mark)
      question.transport = family == .v6 ? state.transport ?? 0 : 0
      let answer = SymbolicBytes(fibResult(fib, question))
      result = result.map { diagram.choose(set, answer, $0) } ?? answer
    }
    guard let result else { return .never }
    registers.store(result, at: fib.destination)
    return .always
  }

  private func fibResult(_ fib: FIBLookup, _ question: RoutingTable.Key) -> [UInt8] {
    var question = question
    let device: Interface? =
      if fib.flags.contains(.inputInterface) {
        state.input
      } else if fib.flags.contains(.outputInterface) {
        state.output
      } else {
        nil
      }
    if question.destination.hasLinkScope {
      // RT6_LOOKUP_F_IFACE: on which link, the packet says.
      question.output = device ?? packetDevice
    }
    if fib.result == .addressType {
      return hostOrder(UInt32(routing.addressType(question, on: device).rawValue))
    }
    let found = fibInterface(fib, question, device: device)
    if fib.flags.contains(.present) { return [found == nil ? 0 : 1] }
    if fib.result == .outputInterface { return hostOrder(found?.index.rawValue ?? 0) }
    let name = Array((found?.name ?? "").utf8.prefix(16))
    return name + [UInt8](repeating: 0, count: 16 - name.count)
  }

  /// `skb->dev` at the hook.
  private var packetDevice: Interface? {
    switch hook {
    case .prerouting, .input, .forward, .ingress: state.input
    case .output, .postrouting, .egress: state.output
    }
  }

  /// The device that the address is reached by, `nil` without a usable route.
  private func fibInterface(
    _ fib: FIBLookup, _ question: RoutingTable.Key, device: Interface?
  ) -> Interface? {
    if let skipped = deviceWithoutLookup { return skipped }
    var question = question
    let isV4 = question.destination.family == .v4
    if isV4 {
      // Routes are not looked for from groups, broadcast or 0.0.0.0/8 (`get_saddr`).
      if let source = question.source,
        source.isMulticast || source.bits == 0xffff_ffff
          || source.bits >> 24 == 0
      {
        question.source = .anyV4
      }
      if hook == .forward, fib.flags.isSuperset(of: [.source, .inputInterface]) {
        question.input = state.output
      }
    }
    guard case .found(let route, let hop) = routing.lookup(question), route.type != .local
    else { return nil }
    guard isV4 else {
      guard route.type != .anycast else { return nil }
      let found = hop?.interface.flatMap { host.interface($0) }
      return device == nil || device?.index == found?.index ? found : nil
    }
    guard let device else { return hop?.interface.flatMap { host.interface($0) } }
    return route.nextHops.contains { $0.interface == device.index } ? device : nil
  }

  /// Packets that are their own way back: those on loopback (`nft_fib_can_skip`), and those of
  /// hosts that have no address yet.
  private var deviceWithoutLookup: Interface? {
    guard let input = state.input else { return nil }
    let isReceiving = hook == .prerouting || hook == .input || hook == .ingress
    if isReceiving, input.isLoopback { return input }
    switch state.family {
    case .v4?:
      guard let source = state.source(.v4).constant, source[0] == 0,
        let target = state.destination(.v4).constant,
        target == [255, 255, 255, 255] || target.starts(with: [224, 0, 0])
      else { return nil }
      return packetDevice
    case .v6?:
      guard hook == .prerouting || hook == .ingress,
        state.transport == TransportProtocol.icmpv6.rawValue,
        state.source(.v6).constant?.allSatisfy({ $0 == 0 }) == true,
        let target = state.destination(.v6).constant.flatMap({ IPAddress(bytes: $0) }),
        target.hasLinkScope
      else { return nil }
      return input
    case nil: return nil
    }
  }

  private func hostOrder(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
  }
}

extension IPAddress {
  /// IPv6 of link scope: fe80::/10 or a group ff02::/16 (`IPV6_ADDR_LINKLOCAL`).
  fileprivate var hasLinkScope: Bool {
    family == .v6 && (isLinkLocal || bits >> 112 & 0xff0f == 0xff02)
  }
}
