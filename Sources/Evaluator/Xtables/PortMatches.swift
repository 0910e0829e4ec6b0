internal import DecisionDiagram
internal import Model

extension XtablesMatch {
  /// net/netfilter/xt_tcpudp.c, xt_multiport.c, xt_sctp.c, xt_dccp.c.
  static let ports: [XtablesMatch] = [
    XtablesMatch("tcp", size: 12) { $0.matchTCP($1, $2) },
    XtablesMatch("udp", size: 10) { $0.matchUDP($1, $2) },
    XtablesMatch("udplite", size: 10) { $0.matchUDP($1, $2) },
    XtablesMatch("sctp", size: 292) { $0.matchSCTP($1, $2) },
    XtablesMatch("dccp", size: 15) { $0.matchDCCP($1, $2) },
    XtablesMatch("multiport", 0, size: 32) { $0.matchPortList($1, $2, hasRanges: false) },
    XtablesMatch("multiport", 1, size: 48) { $0.matchPortList($1, $2, hasRanges: true) },
  ]
}

extension Run {
  /// `struct xt_tcp` (linux/netfilter/xt_tcpudp.h): u16 spts[2] @0, dpts[2] @4, u8 option @8,
  /// flg_mask @9, flg_cmp @10, invflags @11 (1 source, 2 destination, 4 flags, 8 option).
  fileprivate func matchTCP(_ info: XtablesInfo, _ matched: Node) -> Node {
    // A fragment that starts 8 bytes into the header could overwrite its flags.
    if state.family == .v4, state.fragmentOffset == 8 { return hotdrop(matched) }
    guard state.fragmentOffset == 0, state.transport != nil else { return .never }
    guard state.transportLength >= 20 else { return hotdrop(matched) }
    let inversion = info.u8(11)
    var result = ports(info, source: 0, destination: 4, inversion: inversion)
    let place = state.transportOffset + 13
    let flags = diagram.masked(
      state.network[place..<place + 1], [info.u8(9)], equals: [info.u8(10)])
    result = diagram.and(result, inverted(flags, inversion & 4 != 0))
    guard info.u8(8) != 0, result != .never else { return result }
    let option = diagram.and(matched, result)
    return diagram.and(
      result, matchTCPOption(info.u8(8), isInverted: inversion & 8 != 0, option))
  }

  /// `tcp_find_option`: the first option of that kind decides.
  private func matchTCPOption(_ kind: UInt8, isInverted: Bool, _ matched: Node) -> Node {
    switch tcpOptionBytes() {
    case .unreadable: return hotdrop(matched)
    case .undecided: return undecidable("a TCP option")
    case .bytes(let options):
      var place = 0
      while place < options.count {
        if options[place] == kind { return Node(!isInverted) }
        place += Self.optionLength(options, place)
      }
      return Node(isInverted)
    }
  }

  enum OptionBytes {
    case bytes([UInt8])
    /// The header claims more than the packet has, or less than a header.
    case unreadable
    case undecided
  }

  /// The TCP options. Bits that only the sender knows (timestamps) are read as zeros.
  func tcpOptionBytes() -> OptionBytes {
    let start = state.transportOffset
    guard let field = state.network.constant(start + 12..<start + 13)?.first else {
      return .undecided
    }
    let length = Int(field >> 4) * 4
    guard length >= 20, length <= state.transportLength else { return .unreadable }
    return .bytes(
      (start + 20..<start + length).map { state.network.constant($0..<$0 + 1)?.first ?? 0 })
  }

  /// How far an option reaches: kinds 0 and 1 are single bytes.
  static func optionLength(_ options: [UInt8], _ place: Int) -> Int {
    guard options[place] >= 2, place + 1 < options.count else { return 1 }
    return max(Int(options[place + 1]), 1)
  }

  /// `struct xt_udp`: u16 spts[2] @0, dpts[2] @4, u8 invflags @8 (1 source, 2 destination).
  fileprivate func matchUDP(_ info: XtablesInfo, _ matched: Node) -> Node {
    guard state.fragmentOffset == 0, state.transport != nil else { return .never }
    guard state.transportLength >= 8 else { return hotdrop(matched) }
    return ports(info, source: 0, destination: 4, inversion: info.u8(8))
  }

  /// `struct xt_sctp_info` (xt_sctp.h): u16 dpts[2] @0, spts[2] @4, chunks @8, u32 flags @284,
  /// invflags @288; 1 source ports, 2 destination ports, 4 chunk types.
  fileprivate func matchSCTP(_ info: XtablesInfo, _ matched: Node) -> Node {
    guard state.fragmentOffset == 0, state.transport != nil else { return .never }
    guard state.transportLength >= 12 else { return hotdrop(matched) }
    let flags = UInt8(truncatingIfNeeded: info.u32(284))
    let inversion = UInt8(truncatingIfNeeded: info.u32(288))
    let result = chosenPorts(info, flags: flags, inversion: inversion)
    guard flags & 4 != 0, result != .never else { return result }
    return diagram.and(result, undecidable("a match of SCTP chunk types"))
  }

  /// `struct xt_dccp_info` (xt_dccp.h): u16 dpts[2] @0, spts[2] @4, flags @8, invflags @10,
  /// typemask @12, u8 option @14; 1 source ports, 2 destination ports, 4 types, 8 option.
  fileprivate func matchDCCP(_ info: XtablesInfo, _ matched: Node) -> Node {
    guard state.fragmentOffset == 0, state.transport != nil else { return .never }
    guard state.transportLength >= 12 else { return hotdrop(matched) }
    let flags = UInt8(truncatingIfNeeded: info.u16(8))
    let inversion = UInt8(truncatingIfNeeded: info.u16(10))
    var result = chosenPorts(info, flags: flags, inversion: inversion)
    if flags & 4 != 0 {
      let place = state.transportOffset + 8
      if let byte = state.network.constant(place..<place + 1)?.first {
        let isType = info.u16(12) & 1 << UInt16(byte >> 1 & 15) != 0
        result = diagram.and(result, Node(isType != (inversion & 4 != 0)))
      } else {
        result = diagram.and(result, undecidable("a match of DCCP packet types"))
      }
    }
    guard flags & 8 != 0, result != .never else { return result }
    return diagram.and(result, undecidable("a match of DCCP options"))
  }

  /// Destination ports at 0, source ports at 4, each only if its flag asks for it.
  private func chosenPorts(_ info: XtablesInfo, flags: UInt8, inversion: UInt8) -> Node {
    var result = Node.always
    if flags & 1 != 0 {
      let inside = portRange(state.sourcePort, info.u16(4), info.u16(6))
      result = inverted(inside, inversion & 1 != 0)
    }
    if flags & 2 != 0 {
      let inside = portRange(state.destinationPort, info.u16(0), info.u16(2))
      result = diagram.and(result, inverted(inside, inversion & 2 != 0))
    }
    return result
  }

  private func ports(
    _ info: XtablesInfo, source: Int, destination: Int, inversion: UInt8
  ) -> Node {
    let from = portRange(state.sourcePort, info.u16(source), info.u16(source + 2))
    let to = portRange(state.destinationPort, info.u16(destination), info.u16(destination + 2))
    return diagram.and(inverted(from, inversion & 1 != 0), inverted(to, inversion & 2 != 0))
  }

  /// low <= port <= high; the numbers are in host order, the port as in the packet.
  func portRange(_ port: SymbolicBytes, _ low: UInt16, _ high: UInt16) -> Node {
    if low == 0, high == .max { return .always }
    return diagram.within(port, Self.be16(low), Self.be16(high))
  }

  /// `struct xt_multiport` (xt_multiport.h): u8 flags @0 (0 source, 1 destination, 2 either), count
  /// @1, u16 ports[15] @2; revision 1 also u8 pflags[15] @32 (a range starts here), invert @47.
  fileprivate func matchPortList(
    _ info: XtablesInfo, _ matched: Node, hasRanges: Bool
  ) -> Node {
    guard state.fragmentOffset == 0, state.transport != nil else { return .never }
    guard state.transportLength >= 4 else { return hotdrop(matched) }
    let source = state.sourcePort
    let destination = state.destinationPort
    let which = info.u8(0)
    let count = min(Int(info.u8(1)), 15)
    var found = Node.never
    var place = 0
    while place < count, found != .always {
      let low = info.u16(2 + 2 * place)
      var high = low
      if hasRanges, info.u8(32 + place) != 0 {
        place += 1
        high = info.u16(2 + 2 * place)
      }
      place += 1
      if which != 1 { found = diagram.or(found, portRange(source, low, high)) }
      if which != 0 { found = diagram.or(found, portRange(destination, low, high)) }
    }
    return inverted(found, hasRanges && info.u8(47) != 0)
  }
}
