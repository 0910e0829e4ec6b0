internal import DecisionDiagram
internal import Model

extension XtablesTarget {
  /// net/netfilter/xt_nat.c, xt_MASQUERADE.c, xt_REDIRECT.c, xt_NETMAP.c.
  static let translations: [XtablesTarget] =
    [("DNAT", true), ("SNAT", false)].flatMap { name, isDestination in
      [(UInt32(0), 20), (1, 40), (2, 42)].map { revision, size in
        XtablesTarget(name, revision, size: size) { run, info, matched in
          let layout: TranslationLayout = revision == 0 ? .ranges : .range
          run.translate(matched, run.range(info, layout), isDestination: isDestination)
        }
      }
    } + [
      XtablesTarget("MASQUERADE", size: 20) { run, info, matched in
        var range = run.range(info, run.familyLayout)
        range.low = nil
        range.high = nil
        _ = run.translateSource(range, matched)
      },
      XtablesTarget("REDIRECT", size: 20) { run, info, matched in
        var range = run.range(info, run.familyLayout)
        range.low = nil
        range.high = nil
        _ = run.translateToHost(range, matched)
      },
      XtablesTarget("NETMAP", size: 20) { run, info, matched in
        var range = run.range(info, run.familyLayout)
        range.flags.insert([.netmap, .mapAddresses])
        let isDestination = run.hook == .prerouting || run.hook == .output
        run.translate(matched, range, isDestination: isDestination)
      },
    ]
}

/// The structures that NAT targets come in (include/uapi/linux/netfilter/nf_nat.h).
enum TranslationLayout {
  /// `struct nf_nat_ipv4_multi_range_compat`: u32 rangesize @0, one range: u32 flags @4, min_ip @8,
  /// max_ip @12, be16 min @16, max @18.
  case ranges
  /// `struct nf_nat_range` and `nf_nat_range2`: u32 flags @0, min_addr @4, max_addr @20, be16
  /// min_proto @36, max_proto @38, base_proto @40 (the second only).
  case range
}

extension Run {
  /// Revision 0 of MASQUERADE, REDIRECT and NETMAP has another structure in each family.
  fileprivate var familyLayout: TranslationLayout { state.family == .v4 ? .ranges : .range }

  fileprivate func range(_ info: XtablesInfo, _ layout: TranslationLayout) -> TranslationRange {
    let isShort = layout == .ranges
    let flags = NATFlags(rawValue: info.u32(isShort ? 4 : 0))
    var range = TranslationRange(flags: flags)
    let length = state.family == .v6 ? 16 : 4
    if flags.contains(.mapAddresses) {
      range.low = SymbolicBytes(info.bytes(isShort ? 8 : 4, isShort ? 4 : length))
      range.high = SymbolicBytes(info.bytes(isShort ? 12 : 20, isShort ? 4 : length))
    }
    if flags.contains(.protoSpecified) {
      let low = info.bytes(isShort ? 16 : 36, 2)
      let high = info.bytes(isShort ? 18 : 38, 2)
      range.lowPort = SymbolicBytes(low)
      range.highPort = SymbolicBytes(high)
      if flags.contains(.offset), info.bytes.count >= 42 {
        shift(&range, base: info.be16(40), low: info.be16(36), high: info.be16(38))
      }
    }
    return range
  }

  /// `NF_NAT_RANGE_PROTO_OFFSET`: the port's distance from a base is kept, modulo the range
  /// (`nf_nat_l4proto_unique_tuple`).
  private func shift(
    _ range: inout TranslationRange, base: UInt16, low: UInt16, high: UInt16
  ) {
    let isDestination = hook == .prerouting || hook == .output
    guard state.hasPorts else { return }
    let port = isDestination ? state.destinationPort : state.sourcePort
    guard let bytes = port.constant else {
      range.lowPort = unknownBytes("the port that NAT picks", count: 2)
      range.highPort = range.lowPort
      return
    }
    let first = min(low, high)
    let count = UInt32(max(low, high) - first) + 1
    let number = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
    let chosen = UInt32(first) + UInt32(number &- base) % count
    range.lowPort = SymbolicBytes(Self.be16(UInt16(truncatingIfNeeded: chosen)))
    range.highPort = range.lowPort
  }

  fileprivate func translate(
    _ matched: Node, _ range: TranslationRange, isDestination: Bool
  ) {
    bind(matched, isDestination: isDestination, range)
    end(matched, .translated(isDestination ? .dnat : .snat))
  }
}
