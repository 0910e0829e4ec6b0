internal import Model

/// xtables targets in iptables' words. Layouts: include/uapi/linux/netfilter/xt_*.h, ipt_*.h,
/// nf_nat.h.
enum XtablesTargetText {
  static func text(_ target: XtablesExtension, family: IPFamily) -> String {
    let info = XtablesInfo(bytes: target.info)
    let body: String? =
      switch (target.name, target.revision) {
      case ("LOG", _): log(info)
      case ("REJECT", _): reject(info, family)
      case ("DNAT", _): translation(info, target.revision, family, "--to-destination")
      case ("SNAT", _): translation(info, target.revision, family, "--to-source")
      case ("MASQUERADE", _), ("REDIRECT", _):
        translation(info, target.revision, family, "--to-ports")
      case ("NETMAP", _): translation(info, target.revision, family, "--to")
      case ("MARK", 2):
        "--set-xmark " + XtablesInfo.hexadecimal(info.u32(0)) + "/"
          + XtablesInfo.hexadecimal(info.u32(4))
      case ("CONNMARK", 1): connectionMark(info, mode: info.u8(12))
      case ("CONNMARK", 2): connectionMark(info, mode: info.u8(14))
      case ("NFQUEUE", _): queue(info, target.revision)
      case ("TCPMSS", 0): info.u16(0) == 0xffff ? "--clamp-mss-to-pmtu" : "--set-mss \(info.u16(0))"
      case ("CT", _): conntrack(info)
      case ("SET", _): set(info)
      case ("TPROXY", 1):
        "--on-port \(info.networkU16(24)) --on-ip " + info.address(8, family)
          + " --tproxy-mark " + XtablesInfo.hexadecimal(info.u32(4)) + "/"
          + XtablesInfo.hexadecimal(info.u32(0))
      case ("NOTRACK", _), ("TRACE", _): ""
      default: nil
      }
    let name = Escaping.printable(target.name)
    let words = body ?? "[revision \(target.revision), \(target.info.count) bytes]"
    return "-j " + name + (words.isEmpty ? "" : " " + words)
  }

  private static func log(_ info: XtablesInfo) -> String {
    var words: [String] = []
    let prefix = info.string(2, 30)
    if !prefix.isEmpty { words.append("--log-prefix " + XtablesInfo.quoted(prefix)) }
    if info.u8(0) != 4 { words.append("--log-level \(info.u8(0))") }
    for (bit, name) in [
      (1 as UInt8, "tcp-sequence"), (2, "tcp-options"), (4, "ip-options"), (8, "uid"),
      (0x20, "macdecode"),
    ] where info.u8(1) & bit != 0 {
      words.append("--log-" + name)
    }
    return words.joined(separator: " ")
  }

  /// `enum ipt_reject_with` and `enum ip6t_reject_with`.
  private static func reject(_ info: XtablesInfo, _ family: IPFamily) -> String {
    let v4 = [
      "icmp-net-unreachable", "icmp-host-unreachable", "icmp-proto-unreachable",
      "icmp-port-unreachable", "icmp-echo-reply", "icmp-net-prohibited", "icmp-host-prohibited",
      "tcp-reset", "icmp-admin-prohibited",
    ]
    let v6 = [
      "icmp6-no-route", "icmp6-adm-prohibited", "icmp6-not-neighbour", "icmp6-addr-unreachable",
      "icmp6-port-unreachable", "icmp6-echo-reply", "tcp-reset", "icmp6-policy-fail",
      "icmp6-reject-route",
    ]
    let names = Symbol.counting(family == .v4 ? v4 : v6)
    let number = info.u32(0)
    return "--reject-with " + (Symbols.name(number, in: names) ?? String(number))
  }

  /// The two structures: `nf_nat_range` (revision 1 and 2, and all of IPv6), and for IPv4's
  /// revision 0 `nf_nat_ipv4_multi_range_compat`.
  private static func translation(
    _ info: XtablesInfo, _ revision: UInt32, _ family: IPFamily, _ word: String
  ) -> String {
    let isOld = revision == 0 && family == .v4
    let flags = info.u32(isOld ? 4 : 0)
    let (low, high): (String, String)
    let ports: String
    if isOld {
      (low, high) = (info.address(8, .v4), info.address(12, .v4))
      ports = XtablesInfo.ports(info.networkU16(16), info.networkU16(18), separator: "-")
    } else {
      (low, high) = (info.address(4, family), info.address(20, family))
      ports = XtablesInfo.ports(info.networkU16(36), info.networkU16(38), separator: "-")
    }
    var to = ""
    // NF_NAT_RANGE_MAP_IPS 1, PROTO_SPECIFIED 2.
    let hasPorts = flags & 2 != 0
    if flags & 1 != 0, word != "--to-ports" {
      to = low == high ? low : "\(low)-\(high)"
      if hasPorts, family == .v6 { to = "[\(to)]" }
    }
    if hasPorts { to += (word == "--to-ports" ? "" : ":") + ports }
    var words = to.isEmpty ? [] : ["\(word) \(to)"]
    for (bit, name) in [(4 as UInt32, "--random"), (0x10, "--random-fully"), (8, "--persistent")]
    where flags & bit != 0 {
      words.append(name)
    }
    return words.joined(separator: " ")
  }

  private static func connectionMark(_ info: XtablesInfo, mode: UInt8) -> String {
    let (mark, mask, packetMask) = (info.u32(0), info.u32(4), info.u32(8))
    let hex = { (value: UInt32) in XtablesInfo.hexadecimal(value) }
    switch mode {
    case 0: return "--set-xmark \(hex(mark))/\(hex(mask))"
    case 1: return "--save-mark --nfmask \(hex(packetMask)) --ctmask \(hex(mask))"
    case 2: return "--restore-mark --nfmask \(hex(packetMask)) --ctmask \(hex(mask))"
    default: return "[mode \(mode)]"
    }
  }

  private static func queue(_ info: XtablesInfo, _ revision: UInt32) -> String {
    let (number, total) = (info.u16(0), max(1, revision == 0 ? 1 : info.u16(2)))
    var text =
      total == 1
      ? "--queue-num \(number)"
      : "--queue-balance \(number):\(Int(number) + Int(total) - 1)"
    // Revision 2 has `bypass`, revision 3 flags: 1 bypass, 2 fanout.
    if revision >= 2, info.u16(4) & 1 != 0 { text += " --queue-bypass" }
    if revision >= 3, info.u16(4) & 2 != 0 { text += " --queue-cpu-fanout" }
    return text
  }

  private static func conntrack(_ info: XtablesInfo) -> String {
    var words: [String] = []
    // XT_CT_NOTRACK
    if info.u16(0) & 1 != 0 { words.append("--notrack") }
    if info.u16(2) != 0 { words.append("--zone \(info.u16(2))") }
    let helper = info.string(12, 16)
    if !helper.isEmpty { words.append("--helper " + helper) }
    return words.joined(separator: " ")
  }

  private static func set(_ info: XtablesInfo) -> String {
    var words: [String] = []
    for (offset, name) in [(0, "--add-set"), (4, "--del-set"), (8, "--map-set")] {
      // IPSET_INVALID_ID
      if info.u16(offset) != 0xffff, offset + 4 <= info.bytes.count, info.u8(offset + 2) != 0 {
        words.append("\(name) [ipset number \(info.u16(offset))]")
      }
    }
    return words.joined(separator: " ")
  }
}
