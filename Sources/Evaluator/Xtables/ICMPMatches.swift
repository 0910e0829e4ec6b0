internal import DecisionDiagram
internal import Model

extension XtablesMatch {
  /// net/ipv4/netfilter/ip_tables.c `icmp_match`, net/ipv6/netfilter/ip6_tables.c `icmp6_match`.
  static let icmp: [XtablesMatch] = [
    XtablesMatch("icmp", size: 4) { $0.matchICMP($1, $2, hasWildcard: true) },
    XtablesMatch("icmp6", size: 4) { $0.matchICMP($1, $2, hasWildcard: false) },
  ]
}

extension Run {
  /// `struct ipt_icmp`, `struct ip6t_icmp`: u8 type @0, code[2] @1, invflags @3 (1).
  ///
  /// - Parameter hasWildcard: whether type 255 stands for every type, as in IPv4.
  fileprivate func matchICMP(
    _ info: XtablesInfo, _ matched: Node, hasWildcard: Bool
  ) -> Node {
    guard state.fragmentOffset == 0, state.transport != nil else { return .never }
    guard state.transportLength >= 8 else { return hotdrop(matched) }
    let isInverted = info.u8(3) & 1 != 0
    if hasWildcard, info.u8(0) == 255 { return Node(!isInverted) }
    let start = state.transportOffset
    let type = diagram.equal(state.network[start..<start + 1], [info.u8(0)])
    let code = diagram.within(
      state.network[start + 1..<start + 2], [info.u8(1)], [info.u8(2)])
    return inverted(diagram.and(type, code), isInverted)
  }
}
