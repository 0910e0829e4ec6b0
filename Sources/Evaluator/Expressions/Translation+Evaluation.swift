internal import DecisionDiagram
internal import Model

extension Run {
  /// Source: net/netfilter/nft_nat.c. In an inet table packets of the other family just go on.
  func evaluate(_ nat: NAT, _ matched: Node) -> Node {
    guard let family = state.family, nat.family == nil || family == nat.family else {
      return .always
    }
    let length = family.addressLength
    var range = TranslationRange(flags: nat.flags)
    if let low = nat.addressMin {
      range.low = load(low, count: length)
      range.high = nat.addressMax.map { load($0, count: length) } ?? range.low
    }
    if let low = nat.portMin {
      range.lowPort = load(low, count: 2)
      range.highPort = nat.portMax.map { load($0, count: 2) } ?? range.lowPort
    }
    bind(matched, isDestination: nat.isDestination, range)
    end(matched, .translated(nat.isDestination ? .dnat : .snat))
    return .always
  }

  /// Source: net/netfilter/nf_nat_masquerade.c. Without an address on the device it drops.
  func evaluate(_ masquerade: Masquerade, _ matched: Node) -> Node {
    var range = TranslationRange(flags: masquerade.flags)
    if let low = masquerade.portMin {
      range.lowPort = load(low, count: 2)
      range.highPort = masquerade.portMax.map { load($0, count: 2) } ?? range.lowPort
    }
    return translateSource(range, matched)
  }

  /// Translates the source to the outgoing device's address.
  func translateSource(_ range: TranslationRange, _ matched: Node) -> Node {
    guard let family = state.family, let output = state.output,
      let address = masqueradeAddress(family, output)
    else {
      end(matched, .verdict(.drop))
      return .always
    }
    var range = range
    range.low = SymbolicBytes(address.bytes)
    range.high = range.low
    // A source of 0.0.0.0 (DHCP) is left alone.
    let isUnset =
      family == .v4
      ? diagram.equal(state.source(.v4), [0, 0, 0, 0]) : Node.never
    bind(diagram.subtract(matched, isUnset), isDestination: false, range)
    end(matched, .translated(.masquerade))
    return .always
  }

  /// `inet_select_addr` with universe scope: the address in the next hop's subnet, else the first
  /// one.
  private func masqueradeAddress(_ family: IPFamily, _ device: Interface) -> IPAddress? {
    let own = device.addresses.filter { $0.address.family == family && !$0.isSecondary }
    if family == .v6 {
      let usable = own.filter { !$0.isTentative && !$0.isDuplicate }
      let target = state.destination(.v6).constant.flatMap { IPAddress(bytes: $0) }
      // Rule 1 of RFC 6724, section 5: an own address is best reached from itself.
      if let target, !target.isMulticast, host.owner(of: target) != nil { return target }
      let sameScope = usable.filter { $0.address.isLinkLocal == (target?.isLinkLocal ?? false) }
      let inSubnet = sameScope.first { address in
        target.map { address.prefix.contains($0) } ?? false
      }
      return (inSubnet ?? sameScope.first ?? usable.first)?.address
    }
    let hop =
      state.route?.gateway
      ?? state.destination(.v4).constant.flatMap { IPAddress(bytes: $0) }
    let global = own.filter { $0.scope == 0 }
    let near = global.first { address in hop.map { address.prefix.contains($0) } ?? false }
    if let found = near ?? global.first { return found.address }
    // No address on the device: any other device's will do.
    return host.interfaces.flatMap(\.addresses).first {
      $0.address.family == .v4 && $0.scope == 0 && !$0.isSecondary
    }?.address
  }

  /// Source: net/netfilter/nf_nat_redirect.c.
  func evaluate(_ redirect: Redirect, _ matched: Node) -> Node {
    var range = TranslationRange(flags: redirect.flags)
    if let low = redirect.portMin {
      range.lowPort = load(low, count: 2)
      range.highPort = redirect.portMax.map { load($0, count: 2) } ?? range.lowPort
    }
    return translateToHost(range, matched)
  }

  /// Translates the destination to this host.
  func translateToHost(_ range: TranslationRange, _ matched: Node) -> Node {
    guard let family = state.family, let address = redirectAddress(family) else {
      end(matched, .verdict(.drop))
      return .always
    }
    var range = range
    range.low = SymbolicBytes(address.bytes)
    range.high = range.low
    bind(matched, isDestination: true, range)
    end(matched, .translated(.redirect))
    return .always
  }

  private func redirectAddress(_ family: IPFamily) -> IPAddress? {
    if hook == .output { return family == .v4 ? .loopbackV4 : .loopbackV6 }
    guard let input = state.input else { return nil }
    let own = input.addresses.filter { $0.address.family == family }
    guard family == .v6 else { return own.first?.address }
    let target = state.destination(.v6).constant.flatMap { IPAddress(bytes: $0) }
    let scope = target.map { Self.scope($0) } ?? .global
    // Of a global destination any address will do (`nf_nat_redirect_ipv6_usable`).
    return own.first {
      !$0.isTentative && (scope == .global || Self.scope($0.address) == scope)
    }?.address
  }

  private enum Scope { case host, link, site, global }

  /// Source: `ipv6_addr_scope`, include/net/ipv6.h.
  private static func scope(_ address: IPAddress) -> Scope {
    if address.isLoopback { return .host }
    if address.isLinkLocal { return .link }
    guard let first = address.bytes.first, address.bytes.count == 16 else { return .global }
    guard address.isMulticast else {
      return first == 0xfe && address.bytes[1] & 0xc0 == 0xc0 ? .site : .global
    }
    switch address.bytes[1] & 0x0f {
    case 1: return .host
    case 2: return .link
    case 5: return .site
    default: return .global
    }
  }
}
