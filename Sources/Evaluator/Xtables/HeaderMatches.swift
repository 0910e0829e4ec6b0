internal import DecisionDiagram
internal import Model

extension XtablesMatch {
  /// net/netfilter/xt_length.c, xt_hl.c, xt_dscp.c, xt_ecn.c, xt_tcpmss.c.
  static let headers: [XtablesMatch] = [
    XtablesMatch("length", size: 5) { run, info, _ in run.matchLength(info) },
    XtablesMatch("ttl", size: 2) { run, info, _ in run.matchHopLimit(info) },
    XtablesMatch("hl", size: 2) { run, info, _ in run.matchHopLimit(info) },
    XtablesMatch("dscp", size: 2) { run, info, _ in run.matchDSCP(info) },
    XtablesMatch("tos", 0, size: 2) { run, info, _ in
      run.matchTypeOfService(mask: 0x1c, value: info.u8(0), isInverted: info.u8(1) != 0)
    },
    XtablesMatch("tos", 1, size: 3) { run, info, _ in
      run.matchTypeOfService(
        mask: info.u8(0), value: info.u8(1), isInverted: info.u8(2) != 0)
    },
    XtablesMatch("ecn", size: 4) { run, info, _ in run.matchECN(info) },
    XtablesMatch("tcpmss", size: 5) { $0.matchMSS($1, $2) },
  ]
}

extension Run {
  /// `struct xt_length_info` (xt_length.h): u16 min @0, max @2, u8 invert @4; of the whole packet.
  fileprivate func matchLength(_ info: XtablesInfo) -> Node {
    let place = state.family == .v4 ? 2 : 4
    guard let bytes = state.network.constant(place..<place + 2) else {
      return undecidable("a match of the packet's length")
    }
    let header = state.family == .v4 ? 0 : 40
    let length = Int(bytes[0]) << 8 + Int(bytes[1]) + header
    let isInside = Int(info.u16(0)) <= length && length <= Int(info.u16(2))
    return Node(isInside != (info.u8(4) != 0))
  }

  /// `struct ipt_ttl_info`, `ip6t_hl_info`: u8 mode @0 (0 equal, 1 not, 2 less, 3 greater), value
  /// @1.
  fileprivate func matchHopLimit(_ info: XtablesInfo) -> Node {
    let place = state.family == .v4 ? 8 : 7
    let limit = state.network[place..<place + 1]
    let equal = diagram.equal(limit, [info.u8(1)])
    let less = diagram.less(limit, [info.u8(1)])
    switch info.u8(0) {
    case 0: return equal
    case 1: return diagram.not(equal)
    case 2: return less
    case 3: return diagram.not(diagram.or(less, equal))
    default: return .never
    }
  }

  /// The type of service byte, or IPv6's traffic class.
  var trafficClass: SymbolicBytes {
    if state.family == .v4 { return state.network[1..<2] }
    if let bytes = state.network.constant(0..<2) {
      return SymbolicBytes([bytes[0] << 4 | bytes[1] >> 4])
    }
    return SymbolicBytes(nodes: (4..<12).map { state.network.bit($0) })
  }

  /// `struct xt_dscp_info` (xt_dscp.h): u8 dscp @0, invert @1.
  fileprivate func matchDSCP(_ info: XtablesInfo) -> Node {
    matchTypeOfService(mask: 0xfc, value: info.u8(0) << 2, isInverted: info.u8(1) != 0)
  }

  /// `struct xt_tos_match_info` (xt_dscp.h): u8 mask @0, value @1, invert @2.
  fileprivate func matchTypeOfService(mask: UInt8, value: UInt8, isInverted: Bool) -> Node {
    inverted(diagram.masked(trafficClass, [mask], equals: [value]), isInverted)
  }

  /// `struct xt_ecn_info` (xt_ecn.h): u8 operation @0 (1 IP, 0x10 ECE, 0x20 CWR), invert @1,
  /// ip_ect @2.
  fileprivate func matchECN(_ info: XtablesInfo) -> Node {
    let asked = info.u8(0)
    var result = Node.always
    if asked & 1 != 0 {
      let fits = diagram.masked(trafficClass, [3], equals: [info.u8(2)])
      result = inverted(fits, info.u8(1) & 1 != 0)
    }
    guard asked & 0x30 != 0, result != .never else { return result }
    guard state.transport == TransportProtocol.tcp.rawValue, state.transportLength >= 20,
      state.fragmentOffset == 0
    else { return .never }
    let place = state.transportOffset + 13
    let flags = state.network[place..<place + 1]
    for (bit, flag) in [(UInt8(0x10), TCPFlags.ece), (0x20, .cwr)] where asked & bit != 0 {
      let isSet = diagram.masked(flags, [flag.rawValue], equals: [flag.rawValue])
      result = diagram.and(result, inverted(isSet, info.u8(1) & bit != 0))
    }
    return result
  }

  /// `struct xt_tcpmss_match_info` (xt_tcpmss.h): u16 mss_min @0, mss_max @2, u8 invert @4. Without
  /// the option the answer is the inversion.
  fileprivate func matchMSS(_ info: XtablesInfo, _ matched: Node) -> Node {
    guard state.transport != nil, state.fragmentOffset == 0, state.transportLength >= 20 else {
      return hotdrop(matched)
    }
    let isInverted = info.u8(4) != 0
    switch tcpOptionBytes() {
    case .unreadable: return hotdrop(matched)
    case .undecided: return undecidable("a match of the TCP MSS")
    case .bytes(let options):
      var place = 0
      while place < options.count {
        if options[place] == 2, place + 4 <= options.count, options[place + 1] == 4 {
          let start = state.transportOffset + 20 + place + 2
          let inside = diagram.within(
            state.network[start..<start + 2], Self.be16(info.u16(0)), Self.be16(info.u16(2)))
          return inverted(inside, isInverted)
        }
        place += Self.optionLength(options, place)
      }
      return Node(isInverted)
    }
  }
}
