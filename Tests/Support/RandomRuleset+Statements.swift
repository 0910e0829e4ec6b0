extension RandomRuleset {
  /// What a rule does besides its verdict.
  mutating func statement() -> String {
    if random.chance(30) { return rareStatement() }
    switch random.below(20) {
    case 0..<3: return "counter"
    case 3: return "log prefix \"r \""
    case 4..<8: return "meta mark set \(markSource())"
    case 8..<10 where !isDevice: return "ct mark set \(markSource())"
    case 10..<13: return headerWrite()
    case 13: return optionWrite()
    case 14..<16: return dynamicStatement() ?? "counter"
    case 16 where !isDevice && (hook == "prerouting" || hook == "output"): return "notrack"
    case 17:
      return
        "quota \(random.pick(["over 0 bytes", "1 mbytes", "over 1 mbytes", "until 500 mbytes"]))"
    case 18: return counters.isEmpty ? objectMap() : "counter name \"\(random.pick(counters))\""
    case 19:
      return random.pick(["meta priority set 1:2", "meta pkttype set host", "ct label set 1"])
    default: return "counter"
    }
  }

  private mutating func markSource() -> String {
    if let map = maps.first(where: { $0.value == "meta mark" }), random.chance(40) {
      return "\(map.key) map @\(map.name)"
    }
    let key = metaSelector()
    return random.pick([
      "1", "5", "0x10", "meta mark | 0x4", "meta mark & 0xfffffffe", "meta mark ^ 3",
      "meta mark << 1", "meta mark >> 1", isDevice ? "7" : "ct mark", "tcp dport", "ip dscp",
      "tcp dport map { 22 : 1, 80 : 2, 443-8080 : 3 }", "meta length", "iif",
      "meta mark and 0xf xor 0x3", "th dport map { 22 : 1, 80 : 2 }",
      "jhash tcp dport mod 4 seed 0x10", "jhash ip saddr . ip daddr mod 3 seed 0xdead offset 2",
      key.text,
    ])
  }

  private mutating func headerWrite() -> String {
    var list = [
      "tcp dport set \(random.pick(["22", "80", "8080"]))", "udp dport set 53",
      "th sport set 40777", "@th,16,16 set 443", "tcp window set 1000", "tcp flags set syn|ack",
      "tcp urgptr set 1", "tcp sequence set 4096",
    ]
    if hasV4 {
      list += [
        "ip ttl set \(random.pick(["1", "5", "64"]))", "ip dscp set \(random.pick(["0", "46"]))",
        "ip daddr set 10.9.1.2", "ip ecn set ce", "ip id set 256", "ip saddr set 10.9.0.77",
        "@nh,64,8 set 9",
      ]
    }
    if hasV6 {
      list += [
        "ip6 hoplimit set \(random.pick(["1", "5", "64"]))", "ip6 dscp set 46",
        "ip6 daddr set fd09:1::2", "ip6 flowlabel set 256", "ip6 ecn set ce",
      ]
    }
    if isDevice { list += ["ether saddr set 02:00:00:00:00:09", "@ll,0,16 set 0x0200"] }
    return random.pick(list)
  }

  private mutating func optionWrite() -> String {
    random.pick([
      "tcp option maxseg size set \(random.pick(["1000", "1460", "900"]))",
      "tcp option window count set 3", "reset tcp option timestamp", "reset tcp option sack-perm",
    ])
  }

  private mutating func dynamicStatement() -> String? {
    guard let set = random.some(sets.filter(\.isDynamic), 1).first else { return nil }
    let verb = random.pick(["add", "update", "update", "delete"])
    let timeout = verb == "delete" || random.chance(50) ? "" : " timeout 30m"
    return "\(verb) @\(set.name) { \(set.key)\(timeout) }"
  }

  private mutating func objectMap() -> String {
    "ct helper \"ftp\""
  }

  /// What ends a rule of a nat chain.
  mutating func translation() -> String {
    let isSource = hook == "postrouting" || hook == "input"
    let isSix = family == "ip6" || family == "inet" && random.chance(40)
    let word = family == "inet" ? (isSix ? " ip6" : " ip") : ""
    let address = isSix ? "fd09:1::2" : "10.9.1.2"
    let own = isSix ? "fd09::1" : "10.9.0.1"
    let bracketed = isSix ? "[\(address)]" : address
    let transport = random.pick(["tcp dport 1-65535 ", "udp dport 53 ", "meta l4proto tcp "])
    if isSource {
      let from = isSix ? "[\(own)]" : own
      var list = [
        "snat\(word) to \(own)", "\(transport)snat\(word) to \(from):45000",
        "\(transport)snat\(word) to \(from):45000-45000",
        "snat\(word) to \(isSix ? "fd09::1-fd09::1" : "10.9.0.1-10.9.0.1")",
      ]
      if hook == "postrouting" { list += ["masquerade", "\(transport)masquerade to :45001"] }
      if !isSix { list.append("snat\(word) prefix to 10.9.0.0/24") }
      return random.pick(list)
    }
    var list = [
      "dnat\(word) to \(address)", "\(transport)dnat\(word) to \(bracketed):8080",
      "\(transport)dnat\(word) to \(bracketed):8080-8080", "redirect",
      "\(transport)redirect to :8080", "\(transport)redirect to :22",
      "\(transport)dnat\(word) to :2222",
      "\(transport)redirect to th dport map { 22 : 80, 80 : 22 }",
      "dnat\(word) to \(own)",
    ]
    if !isSix {
      list += [
        "dnat\(word) to tcp dport map { 22 : 10.9.1.2, 80 : 10.9.0.1 }",
        "dnat\(word) to tcp dport map { 22 : 10.9.1.2 . 8080, 80 : 10.9.1.7 . 23 }",
        "dnat\(word) prefix to 10.9.1.0/24", "dnat\(word) to 10.9.1.2-10.9.1.2",
      ]
    }
    return random.pick(list)
  }
}
