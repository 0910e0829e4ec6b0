internal import DecisionDiagram
internal import Model

extension XtablesTarget {
  /// Targets that change the packet.
  static let rewrites: [XtablesTarget] = [
    XtablesTarget("CLASSIFY", size: 4) { run, info, matched in
      let priority = SymbolicBytes(hostOrder: info.u32(0))
      run.state.priority = run.diagram.choose(matched, priority, run.state.priority)
    },
    XtablesTarget("DSCP", size: 1) { run, info, matched in
      run.writeTrafficClass(keep: 0x03, flip: info.u8(0) << 2, matched)
    },
    XtablesTarget("TOS", 1, size: 2) { run, info, matched in
      // struct xt_tos_target_info: u8 tos_value @0, tos_mask @1.
      run.writeTrafficClass(keep: ~info.u8(1), flip: info.u8(0), matched)
    },
    XtablesTarget("ECN", size: 3) { $0.writeECN($1, $2) },
    XtablesTarget("TTL", size: 2) { $0.writeHopLimit($1, $2) },
    XtablesTarget("HL", size: 2) { $0.writeHopLimit($1, $2) },
    XtablesTarget("TCPMSS", size: 2) { $0.lowerMSS($1, $2) },
    XtablesTarget("TCPOPTSTRIP", size: 32) { $0.stripOptions($1, $2) },
  ]
}

extension Run {
  /// Overwrites bytes of the packet where the rule matches, and corrects the header's checksum.
  private func write(_ new: SymbolicBytes, at place: Int, _ matched: Node) {
    let old = state.network[place..<place + new.count]
    let written = diagram.choose(matched, new, old)
    state.network.write(written, at: place)
    let start = place < state.transportOffset ? 0 : state.transportOffset
    if start == 0, state.family == .v6 { return }
    let lead = SymbolicBytes((place - start) % 2 != 0 ? [0] : [])
    var (from, to) = (lead, lead)
    from.append(old)
    to.append(written)
    correctChecksum(at: start == 0 ? 10 : start + 16, from: from, to: to, matched)
  }

  /// net/netfilter/xt_DSCP.c: the type of service byte, or IPv6's traffic class.
  fileprivate func writeTrafficClass(keep: UInt8, flip: UInt8, _ matched: Node) {
    let new = diagram.replacing(trafficClass, keep: [keep], flip: [flip])
    guard state.family == .v6 else {
      write(new, at: 1, matched)
      return
    }
    if let value = new.constant?.first, let old = state.network.constant(0..<2) {
      let bytes = [old[0] & 0xf0 | value >> 4, value << 4 | old[1] & 0x0f]
      write(SymbolicBytes(bytes), at: 0, matched)
      return
    }
    let nodes = (0..<16).map { (4..<12).contains($0) ? new.bit($0 - 4) : state.network.bit($0) }
    write(SymbolicBytes(nodes: nodes), at: 0, matched)
  }

  /// net/ipv4/netfilter/ipt_ECN.c: `struct ipt_ECN_info`: u8 operation @0 (1 IP, 0x10 ECE, 0x20
  /// CWR), ip_ect @1, the TCP bits @2 (1 ECE, 2 CWR).
  fileprivate func writeECN(_ info: XtablesInfo, _ matched: Node) {
    if info.u8(0) & 1 != 0 {
      writeTrafficClass(keep: 0xfc, flip: info.u8(1) & 3, matched)
    }
    guard info.u8(0) & 0x30 != 0, state.transport == TransportProtocol.tcp.rawValue else { return }
    guard state.transportLength >= 20 else {
      end(matched, .verdict(.drop))
      return
    }
    var keep: UInt8 = 0xff
    var flip: UInt8 = 0
    for (bit, value, flag) in [(UInt8(0x10), UInt8(1), TCPFlags.ece), (0x20, 2, .cwr)]
    where info.u8(0) & bit != 0 {
      keep &= ~flag.rawValue
      if info.u8(2) & value != 0 { flip |= flag.rawValue }
    }
    let place = state.transportOffset + 13
    write(
      diagram.replacing(state.network[place..<place + 1], keep: [keep], flip: [flip]), at: place,
      matched)
  }

  /// net/netfilter/xt_HL.c: u8 mode @0 (0 set, 1 increase, 2 decrease), value @1.
  fileprivate func writeHopLimit(_ info: XtablesInfo, _ matched: Node) {
    let place = state.family == .v4 ? 8 : 7
    guard let old = state.network.constant(place..<place + 1)?.first else {
      write(unknownBytes("the packet's time to live", count: 1), at: place, matched)
      return
    }
    let new: UInt8
    switch info.u8(0) {
    case 0: new = info.u8(1)
    case 1: new = UInt8(min(Int(old) + Int(info.u8(1)), 255))
    case 2: new = UInt8(max(Int(old) - Int(info.u8(1)), 0))
    default: new = old
    }
    write(SymbolicBytes([new]), at: place, matched)
  }

  /// net/netfilter/xt_TCPMSS.c: `struct xt_tcpmss_info`: u16 mss @0, 0xffff for what the route
  /// allows. An MSS is only ever lowered.
  fileprivate func lowerMSS(_ info: XtablesInfo, _ matched: Node) {
    guard state.fragmentOffset == 0, state.transport == TransportProtocol.tcp.rawValue,
      case .bytes(let options) = tcpOptionBytes()
    else { return }
    var place = 0
    while place < options.count {
      if options[place] == 2, place + 4 <= options.count, options[place + 1] == 4 {
        let start = state.transportOffset + 20 + place + 2
        let bound = SymbolicBytes(Self.be16(largestMSS(info.u16(0))))
        let old = state.network[start..<start + 2]
        let isLower = diagram.less(old, bound.bytes)
        write(bound, at: start, diagram.subtract(matched, isLower))
        return
      }
      place += Self.optionLength(options, place)
    }
    assume("TCPMSS adds no option to a packet without one")
  }

  private func largestMSS(_ asked: UInt16) -> UInt16 {
    guard asked == 0xffff else { return asked }
    let mtu = [state.route?.mtu, state.output?.mtu, state.input?.mtu].compactMap { $0 }.min()
    let headers: UInt32 = state.family == .v4 ? 40 : 60
    return UInt16(truncatingIfNeeded: min(max(mtu ?? 1500, headers) - headers, 0xffff))
  }

  /// net/netfilter/xt_TCPOPTSTRIP.c: `struct xt_tcpoptstrip_target_info`: a bitmap of kinds, u32[8]
  /// @0; they become no-operations.
  fileprivate func stripOptions(_ info: XtablesInfo, _ matched: Node) {
    guard state.fragmentOffset == 0, state.transport == TransportProtocol.tcp.rawValue,
      case .bytes(let options) = tcpOptionBytes()
    else { return }
    var place = 0
    while place < options.count {
      let length = min(Self.optionLength(options, place), options.count - place)
      let kind = Int(options[place])
      if kind >= 2, info.u32(kind / 32 * 4) >> UInt32(kind % 32) & 1 != 0 {
        write(
          SymbolicBytes([UInt8](repeating: 1, count: length)),
          at: state.transportOffset + 20 + place, matched)
      }
      place += length
    }
  }
}
