internal import DecisionDiagram
internal import Model

extension XtablesMatch {
  /// Matches of IPsec's and IPv6's own headers. An IPv6 header that is not there matches in neither
  /// sense (`ipv6_find_hdr` fails).
  static let extensionHeaders: [XtablesMatch] = [
    XtablesMatch("ah", size: 9) { $0.matchAH($1, $2) },
    XtablesMatch("esp", size: 9) { $0.matchSPI($1, $2, headerLength: 8) },
    XtablesMatch("ipcomp", size: 9) { $0.matchCompression($1, $2) },
    XtablesMatch("frag", size: 14) { run, _, _ in run.matchHeader(44, "fragment") },
    XtablesMatch("hbh", size: 6) { run, _, _ in run.matchHeader(0, "hop-by-hop") },
    XtablesMatch("dst", size: 6) { run, _, _ in run.matchHeader(60, "destination options") },
    XtablesMatch("rt", size: 18) { run, _, _ in run.matchHeader(43, "routing") },
    XtablesMatch("srh", 0, size: 8) { run, _, _ in run.matchHeader(43, "segment routing") },
    XtablesMatch("srh", 1, size: 8) { run, _, _ in run.matchHeader(43, "segment routing") },
    XtablesMatch("mh", size: 3) { $0.matchMobility($1, $2) },
    XtablesMatch("ipv6header", size: 3) { run, info, _ in run.matchHeaderList(info) },
    XtablesMatch("eui64", size: 0) { run, _, _ in run.undecidable("the eui64 match") },
  ]
}

extension Run {
  /// A range of u32 @0 in host order against an SPI in the packet, inverted by bit 0 of @8.
  private func spiRange(_ place: Int, _ info: XtablesInfo, _ isInverted: Bool) -> Node {
    func bytes(_ value: UInt32) -> [UInt8] { SymbolicBytes(hostOrder: value).bytes.reversed() }
    let inside = diagram.within(
      state.network[place..<place + 4], bytes(info.u32(0)), bytes(info.u32(4)))
    return inverted(inside, isInverted)
  }

  /// net/netfilter/xt_esp.c. `struct xt_esp`: u32 spis[2] @0, u8 invflags @8.
  fileprivate func matchSPI(_ info: XtablesInfo, _ matched: Node, headerLength: Int) -> Node {
    guard state.fragmentOffset == 0, state.transport != nil else { return .never }
    guard state.transportLength >= headerLength else { return hotdrop(matched) }
    return spiRange(state.transportOffset, info, info.u8(8) & 1 != 0)
  }

  /// net/ipv4/netfilter/ipt_ah.c: `struct ipt_ah`, u32 spis[2] @0, u8 invflags @8; the SPI stands
  /// 4 bytes into the header. In IPv6 (ip6t_ah.c) the header may be anywhere in the chain.
  fileprivate func matchAH(_ info: XtablesInfo, _ matched: Node) -> Node {
    guard state.family == .v4 else { return matchHeader(51, "authentication") }
    guard state.fragmentOffset == 0 else { return .never }
    guard state.transportLength >= 12 else { return hotdrop(matched) }
    return spiRange(state.transportOffset + 4, info, info.u8(8) & 1 != 0)
  }

  /// net/netfilter/xt_ipcomp.c: the CPI, two bytes in; `struct xt_ipcomp`, u32 spis[2] @0, u8
  /// invflags @8.
  fileprivate func matchCompression(_ info: XtablesInfo, _ matched: Node) -> Node {
    guard state.fragmentOffset == 0, state.transport != nil else { return .never }
    guard state.transportLength >= 4 else { return hotdrop(matched) }
    let place = state.transportOffset + 2
    let low = UInt16(truncatingIfNeeded: min(info.u32(0), 0xffff))
    let high = UInt16(truncatingIfNeeded: min(info.u32(4), 0xffff))
    let inside = diagram.within(
      state.network[place..<place + 2], Self.be16(low), Self.be16(high))
    return inverted(inside, info.u8(8) & 1 != 0)
  }

  /// A match on one extension header: false without it.
  fileprivate func matchHeader(_ number: UInt8, _ name: String) -> Node {
    guard state.family == .v6, extensionChain().contains(number) else { return .never }
    return undecidable("a match of the \(name) header")
  }

  /// The header numbers of an IPv6 packet, in order, the transport's last.
  private func extensionChain() -> [UInt8] {
    guard let first = state.network.constant(6..<7)?.first else { return [] }
    var chain = [first]
    var next = first
    var place = 40
    while [0, 43, 44, 51, 60, 135].contains(next), place + 8 <= state.network.count,
      let head = state.network.constant(place..<place + 4), chain.count < 64
    {
      if next == 44, Int(head[2]) << 8 | Int(head[3] & 0xf8) != 0 {
        // Later fragments: the header behind is named, and not there.
        chain.append(head[0])
        break
      }
      place += next == 44 ? 8 : next == 51 ? (Int(head[1]) + 2) * 4 : (Int(head[1]) + 1) * 8
      next = head[0]
      chain.append(next)
    }
    return chain
  }

  /// net/ipv6/netfilter/ip6t_mh.c: `struct ip6t_mh`, u8 types[2] @0, invflags @2.
  fileprivate func matchMobility(_ info: XtablesInfo, _ matched: Node) -> Node {
    guard state.fragmentOffset == 0, state.transport == 135 else { return .never }
    guard state.transportLength >= 6 else { return hotdrop(matched) }
    let place = state.transportOffset + 2
    let inside = diagram.within(
      state.network[place..<place + 1], [info.u8(0)], [info.u8(1)])
    return inverted(inside, info.u8(2) & 1 != 0)
  }

  /// net/ipv6/netfilter/ip6t_ipv6header.c: `struct ip6t_ipv6header_info`, u8 matchflags @0,
  /// invflags @1, modeflag @2 (soft). Bits: 0x80 hop-by-hop, 0x40 destination, 0x20 routing, 0x10
  /// fragment, 0x08 AH, 0x04 ESP, 0x02 none, 0x01 transport.
  fileprivate func matchHeaderList(_ info: XtablesInfo) -> Node {
    guard state.family == .v6 else { return .never }
    let bits: [UInt8: UInt8] = [
      0: 0x80, 60: 0x40, 43: 0x20, 44: 0x10, 51: 0x08, 50: 0x04, 59: 0x02,
    ]
    let found = extensionChain().reduce(UInt8(0)) { $0 | (bits[$1] ?? 0x01) }
    if info.u8(2) != 0 {
      return Node((found ^ info.u8(0) ^ info.u8(1)) & info.u8(0) == 0)
    }
    return Node((found == info.u8(0)) != (info.u8(1) != 0))
  }
}
