internal import DecisionDiagram
internal import Model

extension XtablesMatch {
  /// Matches on counters, clocks and tables that live in the kernel.
  static let stateful: [XtablesMatch] = [
    XtablesMatch("comment", size: 0) { _, _, _ in .always },
    XtablesMatch("nfacct", size: 0) { _, _, _ in .always },
    XtablesMatch("nfacct", 1, size: 0) { _, _, _ in .always },
    XtablesMatch("limit", size: 28) { run, info, _ in run.matchLimit(info) },
    XtablesMatch("hashlimit", 1, size: 48) { run, info, _ in
      run.matchKeyedLimit(name: info.text(0, 16), mode: info.u32(16))
    },
    XtablesMatch("hashlimit", 2, size: 296) { run, info, _ in
      run.matchKeyedLimit(name: info.text(0, 255), mode: info.u32(272))
    },
    XtablesMatch("hashlimit", 3, size: 304) { run, info, _ in
      run.matchKeyedLimit(name: info.text(0, 255), mode: info.u32(272))
    },
    XtablesMatch("statistic", size: 16) { run, info, _ in run.matchStatistic(info) },
    XtablesMatch("quota", size: 16) { run, info, _ in run.matchQuota(info) },
    XtablesMatch("recent", 0, size: 211) { run, info, _ in run.matchRecent(info) },
    XtablesMatch("recent", 1, size: 228) { run, info, _ in run.matchRecent(info) },
    XtablesMatch("time", size: 22) { run, info, _ in run.matchTime(info) },
    XtablesMatch("policy", size: 308) { run, info, _ in run.matchPolicy(info) },
    XtablesMatch("osf", size: 0) { run, _, _ in run.matchFingerprint() },
    XtablesMatch("l2tp", size: 0) { run, _, _ in run.undecidable("the l2tp match") },
    XtablesMatch("rateest", size: 0) { run, _, _ in run.undecidable("the rateest match") },
    XtablesMatch("ipvs", size: 0) { run, _, _ in run.undecidable("the ipvs match") },
  ]
}

extension Run {
  /// net/netfilter/xt_limit.c. `struct xt_rateinfo` (xt_limit.h): u32 avg @0, ten-thousandths of a
  /// second for one packet.
  fileprivate func matchLimit(_ info: XtablesInfo) -> Node {
    let rate = "limit \(Self.rateText(info.u32(0)))"
    return fact(holds: "\(rate) is not exceeded", fails: "\(rate) is exceeded")
  }

  /// As iptables prints it: the largest unit in which the rate is a good number.
  static func rateText(_ period: UInt32) -> String {
    let units: [(UInt32, String)] = [
      (864_000_000, "day"), (36_000_000, "hour"), (600_000, "minute"), (10_000, "second"),
    ]
    guard period > 0 else { return "of any rate" }
    var chosen = units[0]
    for unit in units.dropFirst() {
      guard period <= unit.0, unit.0 / period >= unit.0 % period else { break }
      chosen = unit
    }
    return "\(chosen.0 / period)/\(chosen.1)"
  }

  /// net/netfilter/xt_hashlimit.c. Mode 0x10 (`XT_HASHLIMIT_INVERT`) matches above the limit.
  fileprivate func matchKeyedLimit(name: String, mode: UInt32) -> Node {
    let within = fact(
      holds: "hashlimit \(name) is not exceeded", fails: "hashlimit \(name) is exceeded")
    return inverted(within, mode & 0x10 != 0)
  }

  /// net/netfilter/xt_statistic.c. `struct xt_statistic_info`: u16 mode @0 (0 random, 1 nth), flags
  /// @2 (1 inverted), u32 probability or every @4, packet @8.
  fileprivate func matchStatistic(_ info: XtablesInfo) -> Node {
    let isInverted = info.u16(2) & 1 != 0
    let number = info.u32(4)
    if info.u16(0) == 0 {
      if number == 0 { return Node(isInverted) }
      if number >= 0x8000_0000 { return Node(!isInverted) }
      let percent = (UInt64(number) * 100 + 0x4000_0000) >> 31
      let holds = fact(
        holds: "a random choice of \(percent)% is made",
        fails: "a random choice of \(percent)% is not made", isLikely: percent >= 50)
      return inverted(holds, isInverted)
    }
    // `every` is kept less one: 0 takes every packet.
    if number == 0 { return Node((info.u32(8) == 0) != isInverted) }
    let holds = fact(
      holds: "it is this rule's turn among \(number + 1) packets",
      fails: "it is not this rule's turn among \(number + 1) packets", isLikely: false)
    return inverted(holds, isInverted)
  }

  /// net/netfilter/xt_quota.c. `struct xt_quota_info`: u32 flags @0 (1 inverted), u64 quota @8;
  /// what is left of it is not dumped.
  fileprivate func matchQuota(_ info: XtablesInfo) -> Node {
    let left = fact(
      holds: "the quota of \(info.u64(8)) bytes is not spent",
      fails: "the quota of \(info.u64(8)) bytes is spent")
    return inverted(left, info.u32(0) & 1 != 0)
  }

  /// net/netfilter/xt_recent.c. `struct xt_recent_mtinfo` (xt_recent.h): u32 seconds @0, hit_count
  /// @4, u8 check_set @8 (1 check, 2 set, 4 update, 8 remove), invert @9, name[200] @10, side @210.
  fileprivate func matchRecent(_ info: XtablesInfo) -> Node {
    let isInverted = info.u8(9) != 0
    if info.u8(8) & 2 != 0 { return Node(!isInverted) }
    let name = info.text(10, 200)
    let side = info.u8(210) == 1 ? "destination" : "source"
    var often = ""
    if info.u32(4) > 0 { often += " \(info.u32(4)) times" }
    if info.u32(0) > 0 { often += " within \(info.u32(0)) seconds" }
    let holds = fact(
      holds: "the \(side) is in the recent list \(name)\(often)",
      fails: "the \(side) is not in the recent list \(name)\(often)", isLikely: false)
    return inverted(holds, isInverted)
  }

  /// net/netfilter/xt_time.c. `struct xt_time_info` (xt_time.h): u32 date_start @0, date_stop @4,
  /// daytime_start @8, daytime_stop @12, monthdays @16, u8 weekdays @20.
  fileprivate func matchTime(_ info: XtablesInfo) -> Node {
    let isAlways =
      info.u32(0) == 0 && info.u32(4) >= 0x7fff_ffff && info.u32(8) == 0 && info.u32(12) >= 86399
      && info.u32(16) | 1 == .max && info.u8(20) & 0xfe == 0xfe
    if isAlways { return .always }
    return fact(
      holds: "the time is within the rule's", fails: "the time is not within the rule's")
  }

  /// net/netfilter/xt_policy.c. `struct xt_policy_info` (xt_policy.h): u16 flags @304 (1 in, 2 out,
  /// 4 none). Without IPsec only `--pol none` matches.
  fileprivate func matchPolicy(_ info: XtablesInfo) -> Node {
    let wantsNone = info.u16(304) & 4 != 0
    guard host.otherFilters.contains(where: { $0.kind == .ipsecPolicy }) else {
      return Node(wantsNone)
    }
    let holds = fact(
      holds: "the packet is covered by IPsec", fails: "the packet is not covered by IPsec",
      isLikely: false)
    return inverted(holds, wantsNone)
  }

  /// net/netfilter/xt_osf.c: only SYNs have a fingerprint.
  fileprivate func matchFingerprint() -> Node {
    let place = state.transportOffset + 13
    guard state.transport == TransportProtocol.tcp.rawValue, state.transportLength >= 20,
      let flags = state.network.constant(place..<place + 1)?.first, flags & 0x02 != 0
    else { return .never }
    return undecidable("a match of the sender's operating system", isLikely: false)
  }
}
