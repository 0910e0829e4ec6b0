internal import Model

/// xtables matches in iptables' words. Layouts: include/uapi/linux/netfilter/xt_*.h.
enum XtablesMatchText {
  static func text(_ match: XtablesExtension, family: IPFamily) -> String {
    let info = XtablesInfo(bytes: match.info)
    // XT_CONNTRACK_STATE_ALIAS: it was written as `-m state`.
    if match.name == "conntrack", match.revision >= 2, info.u16(146) & 0x2001 == 0x2001 {
      return "-m state " + not(info.u16(148) & 1 != 0) + "--state " + states(info.u16(150))
    }
    let body: String? =
      switch (match.name, match.revision) {
      case ("comment", _): "--comment " + XtablesInfo.quoted(info.string(0, 256))
      case ("tcp", 0): tcp(info)
      case ("udp", 0): ports(info, inverted: info.u8(8))
      case ("multiport", 0...1): multiport(info, match.revision)
      case ("conntrack", 1...3): conntrack(info, match.revision, family)
      case ("state", 0): "--state " + states(UInt16(truncatingIfNeeded: info.u32(0)))
      case ("addrtype", 1): addressType(info)
      case ("mark", 1), ("connmark", 1): mark(info)
      case ("limit", 0): limit(info)
      case ("icmp", 0): icmp(info, "--icmp-type")
      case ("icmp6", 0): icmp(info, "--icmpv6-type")
      case ("set", 1...4): set(info)
      case ("owner", 1): owner(info)
      case ("iprange", 1): addressRange(info, family)
      case ("mac", 0): mac(info)
      case ("pkttype", 0): packetType(info)
      case ("length", 0): length(info)
      case ("statistic", 0): statistic(info)
      default: nil
      }
    let name = Escaping.printable(match.name)
    return "-m \(name) " + (body ?? "[revision \(match.revision), \(match.info.count) bytes]")
  }

  private static func not(_ isInverted: Bool) -> String { isInverted ? "! " : "" }

  private static func ports(_ info: XtablesInfo, inverted: UInt8) -> String {
    var words: [String] = []
    for (offset, bit, name) in [(0, 1 as UInt8, "--sport"), (4, 2, "--dport")] {
      let (low, high) = (info.u16(offset), info.u16(offset + 2))
      if low != 0 || high != 0xffff {
        words.append("\(not(inverted & bit != 0))\(name) \(XtablesInfo.ports(low, high))")
      }
    }
    return words.joined(separator: " ")
  }

  private static func tcp(_ info: XtablesInfo) -> String {
    let inverted = info.u8(11)
    var text = ports(info, inverted: inverted)
    if info.u8(9) != 0 {
      let flags = XtablesRuleText.flags(info.u8(9), info.u8(10), not(inverted & 4 != 0))
      text += (text.isEmpty ? "" : " ") + flags
    }
    if info.u8(8) != 0 {
      text += (text.isEmpty ? "" : " ") + not(inverted & 8 != 0) + "--tcp-option \(info.u8(8))"
    }
    return text
  }

  private static func multiport(_ info: XtablesInfo, _ revision: UInt32) -> String {
    let count = min(15, Int(info.u8(1)))
    var ports: [String] = []
    var index = 0
    while index < count {
      let port = info.u16(2 + index * 2)
      // pflags: this entry and the next are the ends of a range.
      if revision == 1, info.u8(32 + index) != 0, index + 1 < count {
        ports.append("\(port):\(info.u16(4 + index * 2))")
        index += 2
      } else {
        ports.append(String(port))
        index += 1
      }
    }
    let word =
      switch info.u8(0) {
      case 0: "--sports"
      case 1: "--dports"
      default: "--ports"
      }
    let isInverted = revision == 1 && info.u8(47) != 0
    return "\(not(isInverted))\(word) " + ports.joined(separator: ",")
  }

  /// `XT_CONNTRACK_STATE_*`: SNAT, DNAT and UNTRACKED lie above the connection states.
  private static let stateNames = [
    Symbol(1, "INVALID"), Symbol(8, "NEW"), Symbol(4, "RELATED"), Symbol(2, "ESTABLISHED"),
    Symbol(0x100, "UNTRACKED"), Symbol(0x40, "SNAT"), Symbol(0x80, "DNAT"),
  ]

  private static func states(_ bits: UInt16) -> String {
    Literal.bits(UInt64(bits), stateNames, separator: ",")
  }

  private static func conntrack(
    _ info: XtablesInfo, _ revision: UInt32, _ family: IPFamily
  ) -> String {
    let flags = info.u16(146)
    let inverted = info.u16(148)
    let wide = revision >= 2
    var words: [String] = []
    let add = { (bit: UInt16, text: String) in
      if flags & bit != 0 { words.append(not(inverted & bit != 0) + text) }
    }
    add(1, "--ctstate " + states(wide ? info.u16(150) : UInt16(info.u8(150))))
    add(2, "--ctproto \(info.u16(136))")
    for (index, name) in ["origsrc", "origdst", "replsrc", "repldst"].enumerated() {
      add(
        4 << UInt16(index), "--ct\(name) " + info.block(index * 32, mask: index * 32 + 16, family))
    }
    for (index, name) in ["origsrcport", "origdstport", "replsrcport", "repldstport"].enumerated() {
      let (low, high) = (info.u16(138 + index * 2), info.u16(154 + index * 2))
      add(
        0x100 << UInt16(index),
        "--ct\(name) " + XtablesInfo.ports(low, revision == 3 ? high : low))
    }
    let status = wide ? info.u16(152) : UInt16(info.u8(151))
    let names = [
      Symbol(1, "EXPECTED"), Symbol(2, "SEEN_REPLY"), Symbol(4, "ASSURED"), Symbol(8, "CONFIRMED"),
    ]
    add(0x40, "--ctstatus " + Literal.bits(UInt64(status), names, separator: ","))
    add(0x80, "--ctexpire \(info.u32(128)):\(info.u32(132))")
    // With the bit inverted it is the reply direction.
    if flags & 0x1000 != 0 {
      words.append("--ctdir " + (inverted & 0x1000 != 0 ? "REPLY" : "ORIGINAL"))
    }
    return words.joined(separator: " ")
  }

  private static func addressType(_ info: XtablesInfo) -> String {
    let names = Symbol.bits([
      "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE",
      "PROHIBIT", "THROW", "NAT", "XRESOLVE",
    ])
    let flags = info.u32(4)
    var words: [String] = []
    for (offset, bit, name) in [(0, 1 as UInt32, "--src-type"), (2, 2, "--dst-type")]
    where info.u16(offset) != 0 {
      let types = Literal.bits(UInt64(info.u16(offset)), names, separator: ",")
      words.append("\(not(flags & bit != 0))\(name) \(types)")
    }
    if flags & 4 != 0 { words.append("--limit-iface-in") }
    if flags & 8 != 0 { words.append("--limit-iface-out") }
    return words.joined(separator: " ")
  }

  private static func mark(_ info: XtablesInfo) -> String {
    let mask = info.u32(4)
    return not(info.u8(8) != 0) + "--mark " + XtablesInfo.hexadecimal(info.u32(0))
      + (mask == .max ? "" : "/" + XtablesInfo.hexadecimal(mask))
  }

  /// `avg` is the time between packets in ten-thousandths of a second (`XT_LIMIT_SCALE`).
  private static func limit(_ info: XtablesInfo) -> String {
    let period = info.u32(0)
    var text = "--limit ?"
    for (name, unit) in [
      ("sec", 10_000 as UInt32), ("min", 600_000), ("hour", 36_000_000), ("day", 864_000_000),
    ] where period != 0 && period <= unit {
      text = "--limit \(unit / period)/\(name)"
      break
    }
    return text + " --limit-burst \(info.u32(4))"
  }

  private static func icmp(_ info: XtablesInfo, _ word: String) -> String {
    let (type, low, high) = (info.u8(0), info.u8(1), info.u8(2))
    var text = "\(not(info.u8(3) & 1 != 0))\(word) "
    if type == 255, low == 0, high == 255 { return text + "any" }
    text += String(type)
    if low == high { text += "/\(low)" }
    return text
  }

  /// ipset's name is not in the rule, only its number.
  private static func set(_ info: XtablesInfo) -> String {
    let flags = info.u8(3)
    let sides = (1...max(1, min(6, Int(info.u8(2))))).map { dimension in
      flags & (1 << UInt8(dimension)) != 0 ? "src" : "dst"
    }
    return "\(not(flags & 1 != 0))--match-set [ipset number \(info.u16(0))] "
      + sides.joined(separator: ",")
  }

  private static func owner(_ info: XtablesInfo) -> String {
    let (match, invert) = (info.u8(16), info.u8(17))
    var words: [String] = []
    for (bit, offset, name) in [(1 as UInt8, 0, "--uid-owner"), (2, 8, "--gid-owner")]
    where match & bit != 0 {
      let (low, high) = (info.u32(offset), info.u32(offset + 4))
      words.append(
        "\(not(invert & bit != 0))\(name) " + (low == high ? "\(low)" : "\(low)-\(high)"))
    }
    if match & 4 != 0 { words.append(not(invert & 4 != 0) + "--socket-exists") }
    return words.joined(separator: " ")
  }

  private static func addressRange(_ info: XtablesInfo, _ family: IPFamily) -> String {
    let flags = info.u8(64)
    var words: [String] = []
    for (bit, offset, name) in [(1 as UInt8, 0, "--src-range"), (2, 32, "--dst-range")]
    where flags & bit != 0 {
      words.append(
        "\(not(flags & (bit << 4) != 0))\(name) "
          + info.address(offset, family) + "-" + info.address(offset + 16, family))
    }
    return words.joined(separator: " ")
  }

  private static func mac(_ info: XtablesInfo) -> String {
    let address = info.slice(0, 6).map { Literal.hexadecimal($0, digits: 2) }
    return not(info.u32(8) != 0) + "--mac-source " + address.joined(separator: ":")
  }

  private static func packetType(_ info: XtablesInfo) -> String {
    let names = Symbol.counting(["unicast", "broadcast", "multicast"])
    let type = info.u32(0)
    return not(info.u32(4) != 0) + "--pkt-type " + (Symbols.name(type, in: names) ?? String(type))
  }

  private static func length(_ info: XtablesInfo) -> String {
    not(info.u8(4) != 0) + "--length " + XtablesInfo.ports(info.u16(0), info.u16(2))
  }

  private static func statistic(_ info: XtablesInfo) -> String {
    let inversion = not(info.u16(2) & 1 != 0)
    if info.u16(0) == 0 {
      // A fraction of 2^31; five digits are shown.
      let scaled = (UInt64(info.u32(4)) * 100_000 + (1 << 30)) >> 31
      let fraction =
        scaled >= 100_000 ? "1" : "0." + String(String(100_000 + scaled).dropFirst())
      return "--mode random \(inversion)--probability \(fraction)"
    }
    return "--mode nth \(inversion)--every \(UInt64(info.u32(4)) + 1) --packet \(info.u32(8))"
  }
}
