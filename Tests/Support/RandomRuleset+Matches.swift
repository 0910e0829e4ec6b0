/// Something to match on.
struct Selector {
  /// In a rule: `tcp dport`.
  var text: String
  /// In a set's `typeof`; empty where nft cannot say it.
  var typeText: String
  /// What packets have there, or nearly.
  var values: [String]
  /// `a-b` in rising order, `a/24`.
  var ranges: [String] = []

  init(_ text: String, _ values: [String], ranges: [String] = [], typeof: String? = nil) {
    self.text = text
    typeText = typeof ?? text
    self.values = values
    self.ranges = ranges
  }
}

extension RandomRuleset {
  private static let ports = ["22", "53", "80", "443", "8080", "40001", "40100", "49999"]
  private static let portRanges = ["1-1023", "22-80", "40000-44999", "53-53", "1024-65535"]

  mutating func selector() -> Selector {
    switch random.below(12) {
    case 0..<4: return transportSelector()
    case 4..<7: return addressSelector()
    case 7..<9: return headerSelector()
    case 9: return metaSelector()
    case 10 where !isDevice: return random.chance(50) ? conntrackSelector() : fibSelector()
    default: return rawSelector()
    }
  }

  private mutating func transportSelector() -> Selector {
    let ports = (Self.ports, Self.portRanges)
    return random.pick([
      Selector("tcp dport", ports.0, ranges: ports.1),
      Selector("tcp sport", ports.0, ranges: ports.1),
      Selector("udp dport", ports.0, ranges: ports.1),
      Selector("udp sport", ports.0, ranges: ports.1),
      Selector("th dport", ports.0, ranges: ports.1),
      Selector("th sport", ports.0, ranges: ports.1),
      Selector("tcp flags", ["syn", "syn|ack", "ack", "rst", "fin|ack", "0x0"]),
      Selector("tcp sequence", ["0", "1", "4096"], ranges: ["0-100", "2-4294967295"]),
      Selector("tcp ackseq", ["0", "1"], ranges: ["1-100"]),
      Selector("tcp doff", ["5", "6", "10"], ranges: ["5-8"]),
      Selector("tcp window", ["64240", "1024"], ranges: ["1-2000"]),
      Selector("tcp urgptr", ["0", "1"], ranges: ["1-65535"]),
      Selector("udp length", ["8", "13"], ranges: ["9-40"]),
      Selector("meta l4proto", ["tcp", "udp", "icmp", "ipv6-icmp", "253"], ranges: ["1-17"]),
      Selector("icmp type", ["echo-request", "echo-reply", "destination-unreachable", "13"]),
      Selector("icmpv6 type", ["echo-request", "echo-reply", "nd-neighbor-solicit"]),
      Selector("icmp code", ["0", "3"], ranges: ["0-9"]),
      Selector("icmp id", ["1", "40001"], ranges: ["1-50000"]),
      Selector("icmp sequence", ["1", "7"], ranges: ["1-6"]),
      Selector("icmpv6 id", ["1", "40001"], ranges: ["1-50000"]),
    ])
  }

  private mutating func addressSelector() -> Selector {
    let v4 = ["10.9.0.2", "10.9.0.1", "10.9.1.2", "10.9.1.1", "10.9.0.255", "224.0.0.5", "8.8.8.8"]
    let v4Ranges = ["10.9.0.0/24", "10.9.1.0-10.9.1.99", "0.0.0.0/0", "10.0.0.0/8", "10.9.0.2/31"]
    let v6 = ["fd09::2", "fd09::1", "fd09:1::2", "fd09:1::1", "ff02::5", "2001:db8::8"]
    let v6Ranges = ["fd09::/64", "fd09:1::-fd09:1::ff", "::/0", "fc00::/7", "fd09::/127"]
    var list: [Selector] = []
    if hasV4 {
      list += [
        Selector("ip saddr", v4, ranges: v4Ranges), Selector("ip daddr", v4, ranges: v4Ranges),
      ]
    }
    if hasV6 {
      list += [
        Selector("ip6 saddr", v6, ranges: v6Ranges), Selector("ip6 daddr", v6, ranges: v6Ranges),
      ]
    }
    return random.pick(list)
  }

  private mutating func headerSelector() -> Selector {
    var list = [
      Selector("ether saddr", ["02:00:00:00:00:02", "02:00:00:00:01:02"]),
      Selector("ether daddr", ["02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff"]),
      Selector("ether type", ["ip", "ip6", "arp"]),
    ]
    if hasV4 {
      list += [
        Selector("ip ttl", ["1", "2", "64", "63", "255"], ranges: ["1-63", "64-255"]),
        Selector("ip dscp", ["0", "10", "af11", "46", "63"], ranges: ["1-40"]),
        Selector("ip ecn", ["not-ect", "ect0", "ce"]),
        Selector("ip length", ["40", "44", "28"], ranges: ["20-60", "45-1500"]),
        Selector("ip id", ["1", "256"], ranges: ["1-30000"]),
        Selector("ip frag-off", ["0", "16384", "8192"], ranges: ["1-8191"]),
        Selector("ip protocol", ["tcp", "udp", "icmp", "253"], ranges: ["2-17"]),
        Selector("ip hdrlength", ["5", "6", "8"], ranges: ["5-7"]),
        Selector("ip version", ["4"]),
      ]
    }
    if hasV6 {
      list += [
        Selector("ip6 hoplimit", ["1", "64", "63", "255"], ranges: ["1-63", "64-255"]),
        Selector("ip6 dscp", ["0", "10", "46", "63"], ranges: ["1-40"]),
        Selector("ip6 ecn", ["not-ect", "ect0", "ce"]),
        Selector("ip6 length", ["20", "24", "8"], ranges: ["1-23", "24-1500"]),
        Selector("ip6 nexthdr", ["tcp", "udp", "ipv6-icmp", "44", "0"], ranges: ["6-17"]),
        Selector("ip6 flowlabel", ["0", "256"], ranges: ["1-30000"]),
        Selector("ip6 version", ["6"]),
      ]
    }
    return random.pick(list)
  }

  mutating func metaSelector() -> Selector {
    random.pick([
      Selector("meta mark", (0..<8).map(String.init), ranges: ["1-4", "3-100"]),
      Selector("iifname", ["\"eth0\"", "\"eth1\"", "\"lo\"", "\"eth*\"", "\"e*\""]),
      Selector("oifname", ["\"eth0\"", "\"eth1\"", "\"lo\"", "\"eth*\""]),
      Selector("iif", ["\"lo\"", "\"eth0\""]),
      Selector("oif", ["\"lo\"", "\"eth0\""]),
      Selector("meta length", ["40", "44", "60"], ranges: ["20-60", "45-1500"]),
      Selector("meta pkttype", ["unicast", "host", "broadcast", "multicast"]),
      Selector("meta nfproto", ["ipv4", "ipv6"]),
      Selector("meta protocol", ["ip", "ip6", "arp"]),
      Selector("iifgroup", ["0", "1"], ranges: ["1-5"]),
      Selector("oifgroup", ["0", "1"], ranges: ["0-5"]),
      Selector("iiftype", ["ether", "loopback"]),
      Selector("oiftype", ["ether", "loopback"]),
      Selector("meta priority", ["0:0", "1:2", "none"]),
      Selector("meta skuid", ["0", "1000"], ranges: ["0-99"]),
      Selector("meta skgid", ["0", "1000"], ranges: ["1-99"]),
      Selector("meta sdif", ["0"]),
      Selector("meta secpath", ["exists", "missing"]),
      Selector("meta ibrname", ["\"br0\""]),
      Selector("meta iifkind", ["\"veth\""]),
      Selector("meta oifkind", ["\"veth\""]),
      Selector("rt classid", ["0", "1"]),
      Selector("rt ip nexthop", ["10.9.0.2", "10.9.1.2"]),
      Selector("rt ip6 nexthop", ["fd09::2", "fd09:1::2"]),
      Selector("rt ipsec", ["exists", "missing"]),
    ])
  }

  private mutating func conntrackSelector() -> Selector {
    random.pick([
      Selector("ct state", ["new", "established", "invalid", "untracked", "related,new"]),
      Selector("ct direction", ["original", "reply"]),
      Selector("ct status", ["confirmed", "snat", "dnat", "expected", "seen-reply"]),
      Selector("ct mark", ["0", "1", "5"], ranges: ["1-4"]),
      Selector("ct l3proto", ["ipv4", "ipv6"]),
      Selector("ct protocol", ["tcp", "udp", "icmp"]),
      Selector("ct original ip saddr", ["10.9.0.2", "10.9.0.1"], ranges: ["10.9.0.0/24"]),
      Selector("ct original ip daddr", ["10.9.0.1", "10.9.1.2"], ranges: ["10.9.1.0/24"]),
      Selector("ct reply ip saddr", ["10.9.0.1", "10.9.1.2"], ranges: ["10.9.1.0/24"]),
      Selector("ct reply ip daddr", ["10.9.0.2", "10.9.1.1"], ranges: ["10.9.0.0/24"]),
      Selector("ct original ip6 saddr", ["fd09::2"], ranges: ["fd09::/64"]),
      Selector("ct reply ip6 saddr", ["fd09::1", "fd09:1::2"], ranges: ["fd09:1::/64"]),
      Selector("ct original proto-dst", Self.ports, ranges: Self.portRanges),
      Selector("ct original proto-src", Self.ports, ranges: Self.portRanges),
      Selector("ct reply proto-src", Self.ports, ranges: Self.portRanges),
      Selector("ct reply proto-dst", Self.ports, ranges: Self.portRanges),
      Selector("ct helper", ["\"ftp\""]),
      Selector("ct zone", ["0", "1"]),
      Selector("ct label", ["1"]),
    ])
  }

  private mutating func fibSelector() -> Selector {
    let keys = random.pick([
      "saddr", "daddr", "saddr . iif", "daddr . iif", "daddr . oif", "saddr . mark",
      "saddr . mark . iif", "daddr . mark",
    ])
    switch random.below(3) {
    case 0: return Selector("fib \(keys) oif", ["0", "\"eth0\"", "\"lo\""], typeof: "")
    case 1: return Selector("fib \(keys) oifname", ["\"eth0\"", "\"eth1\"", "\"lo\""], typeof: "")
    default:
      return Selector(
        "fib \(keys) type",
        ["local", "unicast", "broadcast", "multicast", "unspec", "anycast", "unreachable"],
        typeof: "")
    }
  }

  /// Bits at any place, whole bytes or not.
  private mutating func rawSelector() -> Selector {
    let base = random.pick(["th", "th", "nh", "nh", "ll"])
    let length = random.pick([8, 8, 16, 16, 32, 4, 12, 1, 7, 9, 24, 48, 64])
    let offset = random.chance(70) ? 8 * random.below(30) : random.below(240)
    let largest = length >= 32 ? 0xffff_ffff : (1 << length) - 1
    let values = ["0", "1", "\(largest)", "\(random.below(largest + 1))", "64", "6", "17"]
      .filter { (Int($0) ?? 0) <= largest }
    let half = largest / 2
    let ranges = half > 0 ? ["0-\(half)", "\(half)-\(largest)"] : []
    return Selector("@\(base),\(offset),\(length)", values, ranges: ranges)
  }

  mutating func concatenation() -> Selector {
    let parts = (0..<random.number(2...3)).map { _ in
      random.chance(60) ? transportSelector() : addressSelector()
    }
    let count = random.number(1...4)
    var values: [String] = []
    for _ in 0..<count {
      let fields = parts.map { part -> String in
        let isRange = !part.ranges.isEmpty && random.chance(40)
        return random.pick(isRange ? part.ranges : part.values)
      }
      values.append(fields.joined(separator: " . "))
    }
    return Selector(parts.map(\.text).joined(separator: " . "), values)
  }

  /// Different elements for a set, none of which overlap as a rule.
  mutating func values(_ key: Selector, _ count: Int, plain: Bool = false) -> [String] {
    let list = random.some(key.values, count)
    guard !plain, let range = key.ranges.first, random.chance(30) else { return list }
    return random.chance(50) ? [range] : [random.pick(key.ranges)]
  }

  /// One comparison.
  mutating func match() -> String {
    if !sets.isEmpty, random.chance(25) {
      let set = random.pick(sets)
      return "\(set.key) \(random.pick(["", "", "!= "]))@\(set.name)"
    }
    if random.chance(12) { return optionMatch() }
    if random.chance(22) { return rareMatch() }
    let key = random.chance(10) ? concatenation() : selector()
    let no = random.pick(["", "", "", "!= "])
    switch random.below(10) {
    case 0..<4: return "\(key.text) \(no)\(random.pick(key.values))"
    case 4..<6 where !key.ranges.isEmpty: return "\(key.text) \(no)\(random.pick(key.ranges))"
    case 6: return bits(key)
    case 7 where !key.ranges.isEmpty:
      return "\(key.text) \(random.pick(["<", ">", "<=", ">="])) \(random.pick(key.values))"
    case 8:
      let list = values(key, random.number(1...4)).joined(separator: ", ")
      return "\(key.text) \(no){ \(list) }"
    default: return "\(key.text) \(random.pick(key.values))"
    }
  }

  private mutating func bits(_ key: Selector) -> String {
    let mask = random.pick(["0x1", "0x3", "0xf0", "0xff", "0x2"])
    let value = random.pick(["0", "1", "2", "0x10", "3"])
    let relation = random.pick(["==", "!="])
    switch random.below(4) {
    case 0: return "tcp flags & (syn|ack|rst) \(relation) \(random.pick(["syn", "ack", "syn|ack"]))"
    case 1: return "meta mark & \(mask) \(relation) \(value)"
    case 2: return "meta mark << \(random.below(8)) \(relation) \(value)"
    default: return "\(key.text) & \(mask) \(relation) \(value)"
    }
  }

  /// TCP options, IP options, IPv6 extension headers.
  private mutating func optionMatch() -> String {
    let presence = random.pick(["exists", "missing"])
    var list = [
      "tcp option maxseg \(presence)", "tcp option timestamp \(presence)",
      "tcp option sack-perm \(presence)", "tcp option window \(presence)",
      "tcp option maxseg size \(random.pick(["1460", "!= 1460", "1-1400", "> 500"]))",
      "tcp option window count \(random.pick(["7", "0-6", "!= 7"]))",
      "tcp option timestamp tsval \(random.pick(["0", "!= 0", "1-10"]))",
      "tcp option \(random.pick([2, 3, 4, 5, 8, 254])) \(presence)",
      "tcp option @254,8,8 \(random.pick(["2", "!= 2", "4"]))", "tcp option sack left 1-100",
    ]
    if hasV4 {
      list += ["ra", "rr", "lsrr", "ssrr"].map { "ip option \($0) \(presence)" }
      list += ["ip option ra value \(random.pick(["0", "!= 0"]))", "ip option rr ptr 4"]
    }
    if hasV6 {
      list += ["hbh", "frag", "dst", "rt", "mh"].map { "exthdr \($0) \(presence)" }
      list += [
        "frag frag-off \(random.pick(["0", "!= 0", "1-100"]))", "frag more-fragments 1",
        "frag id \(random.pick(["1", "!= 1"]))", "hbh hdrlength \(random.pick(["0", "!= 0"]))",
        "dst nexthdr \(random.pick(["tcp", "udp", "!= tcp"]))", "rt type 0", "rt seg-left 0-2",
        "frag nexthdr \(random.pick(["tcp", "udp"]))",
      ]
    }
    return random.pick(list)
  }
}
