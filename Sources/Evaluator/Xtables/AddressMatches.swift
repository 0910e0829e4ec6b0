internal import DecisionDiagram
internal import Model

extension XtablesMatch {
  /// net/netfilter/xt_addrtype.c, xt_iprange.c, ipt_rpfilter.c, ip6t_rpfilter.c.
  static let addresses: [XtablesMatch] = [
    XtablesMatch("addrtype", 0, size: 12) { $0.matchAddressTypes($1, $2) },
    XtablesMatch("addrtype", 1, size: 8) { $0.matchAddressTypes($1, $2) },
    XtablesMatch("iprange", 1, size: 65) { run, info, _ in run.matchAddressRange(info) },
    XtablesMatch("rpfilter", size: 1) { $0.matchReversePath($1, $2) },
  ]
}

extension Run {
  /// `struct xt_addrtype_info_v1` (xt_addrtype.h): u16 source @0, dest @2, u32 flags @4 (1 and 2
  /// invert source and destination, 4 and 8 ask for the incoming or outgoing device). Revision 0
  /// has u32 invert_source @4, invert_dest @8.
  fileprivate func matchAddressTypes(_ info: XtablesInfo, _ matched: Node) -> Node {
    guard let family = state.family else { return .never }
    let flags = info.revision == 0 ? 0 : info.u32(4)
    let invertsSource = info.revision == 0 ? info.u32(4) != 0 : flags & 1 != 0
    let invertsDestination = info.revision == 0 ? info.u32(8) != 0 : flags & 2 != 0
    let device = flags & 4 != 0 ? state.input : flags & 8 != 0 ? state.output : nil
    var result = Node.always
    if info.u16(0) != 0 {
      let fits = byAddress(state.source(family), matched) {
        hasType($0, info.u16(0), on: device)
      }
      result = inverted(fits, invertsSource)
    }
    if info.u16(2) != 0, result != .never {
      let fits = byAddress(state.destination(family), matched) {
        hasType($0, info.u16(2), on: device)
      }
      result = diagram.and(result, inverted(fits, invertsDestination))
    }
    return result
  }

  /// Asks for each address that occurs in `matched`.
  private func byAddress(
    _ bytes: SymbolicBytes, _ matched: Node, _ test: (IPAddress) -> Bool
  ) -> Node {
    guard let values = diagram.values(of: bytes, in: matched) else {
      return undecidable("a match of an address that is not known")
    }
    return values.reduce(Node.never) { result, part in
      guard let address = IPAddress(bytes: part.value), test(address) else { return result }
      return diagram.or(result, part.set)
    }
  }

  /// Bit n of the mask stands for route type n (`RTN_*`).
  private func hasType(_ address: IPAddress, _ mask: UInt16, on device: Interface?) -> Bool {
    guard address.family == .v6 else {
      return mask & 1 << UInt16(routing.addressType(address, on: device).rawValue) != 0
    }
    return hasTypeV6(address, mask, on: device)
  }

  /// `match_type6`: unicast, multicast and unspecified are asked of the address itself, the others
  /// of the routes.
  private func hasTypeV6(_ address: IPAddress, _ mask: UInt16, on device: Interface?) -> Bool {
    func asks(_ type: RouteType) -> Bool { mask & 1 << UInt16(type.rawValue) != 0 }
    if asks(.multicast), !address.isMulticast { return false }
    // IPv4-mapped addresses are no unicast addresses for `ipv6_addr_type`.
    let isUnicast =
      !address.isMulticast && !address.isUnspecified && address.bits >> 32 != 0xffff
    if asks(.unicast), !isUnicast { return false }
    if asks(.unspecified), !address.isUnspecified { return false }
    guard asks(.local) || asks(.anycast) || asks(.unreachable) else { return true }
    let isOwn = device?.addresses.contains { $0.address == address } ?? false
    guard
      case .found(let route, _) = routing.lookup(
        RoutingTable.Key(destination: address, output: device))
    else { return asks(.unreachable) }
    if asks(.local), device == nil ? route.type == .local : isOwn { return true }
    return asks(.anycast) && route.type == .anycast
  }

  /// `struct xt_iprange_mtinfo` (xt_iprange.h): src_min @0, src_max @16, dst_min @32, dst_max @48,
  /// u8 flags @64 (1 source, 2 destination, 0x10 and 0x20 invert them).
  fileprivate func matchAddressRange(_ info: XtablesInfo) -> Node {
    guard let family = state.family else { return .never }
    let length = family.addressLength
    let flags = info.u8(64)
    var result = Node.always
    if flags & 1 != 0 {
      let inside = diagram.within(
        state.source(family), info.bytes(0, length), info.bytes(16, length))
      result = inverted(inside, flags & 0x10 != 0)
    }
    if flags & 2 != 0 {
      let inside = diagram.within(
        state.destination(family), info.bytes(32, length), info.bytes(48, length))
      result = diagram.and(result, inverted(inside, flags & 0x20 != 0))
    }
    return result
  }

  /// `struct xt_rpfilter_info` (xt_rpfilter.h): u8 flags @0 (1 loose, 2 with mark, 4 accepts local,
  /// 8 inverted).
  fileprivate func matchReversePath(_ info: XtablesInfo, _ matched: Node) -> Node {
    guard let family = state.family, let input = state.input else { return .never }
    let isInverted = info.u8(0) & 8 != 0
    if input.isLoopback { return Node(!isInverted) }
    var key = state.source(family)
    key.append(info.u8(0) & 2 != 0 ? state.mark : SymbolicBytes(hostOrder: 0))
    guard let values = diagram.values(of: key, in: matched) else {
      return undecidable("a reverse path of a source that is not known")
    }
    let reached = values.reduce(Node.never) { result, part in
      guard let source = IPAddress(bytes: part.value.dropLast(4)) else { return result }
      let mark = part.value.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      return isReached(source, input, mark: mark, flags: info.u8(0))
        ? diagram.or(result, part.set) : result
    }
    return inverted(reached, isInverted)
  }

  /// `rpfilter_lookup_reverse`, `rpfilter_lookup_reverse6`.
  private func isReached(
    _ source: IPAddress, _ input: Interface, mark: UInt32, flags: UInt8
  ) -> Bool {
    let target = state.destinationEndpoint?.address
    let isLoose = flags & 1 != 0
    if source.isUnspecified {
      // IPv6 leaves it to forwarding; IPv4 does so for broadcasts.
      return source.family == .v6 || target?.bits == 0xffff_ffff
        || (target.map { $0.isMulticast && $0.bits >> 8 == 0xe0_0000 } ?? false)
    }
    var key = RoutingTable.Key(destination: source, mark: mark)
    if let target, !target.isMulticast, target.bits != 0xffff_ffff { key.source = target }
    if source.family == .v6, !isLoose || source.isLinkLocal { key.output = input }
    guard case .found(let route, let hop) = routing.lookup(key) else { return false }
    if route.type == .local {
      guard flags & 4 != 0 else { return false }
      if source.family == .v6 { return true }
    } else if route.type != .unicast {
      return false
    }
    if isLoose { return true }
    let usesInput = route.nextHops.contains { $0.interface == input.index }
    return usesInput || hop?.interface == input.index
  }
}
