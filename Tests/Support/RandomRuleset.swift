/// Makes rulesets out of random numbers: the same seed, the same ruleset.
///
/// They are text, so that nft itself compiles them. Some of what is generated nft refuses; the
/// loader takes those lines out.
package struct RandomRuleset {
  var random: SeededGenerator
  /// Of the table that is being written.
  var family = "inet"
  var isDevice: Bool { family == "netdev" }
  /// Whether packets of that family pass this table at all.
  var hasV4: Bool { family != "ip6" }
  var hasV6: Bool { family != "ip" }
  /// Names of this table's sets by the selector they were made for.
  var sets: [(name: String, key: String, isDynamic: Bool)] = []
  var maps: [(name: String, key: String, value: String)] = []
  var counters: [String] = []
  /// The kind and hook of the base chain, and the chains that rules may jump to.
  var hook = ""
  /// Whether rules may hang on the past, on chance or on the clock.
  var guesses = false
  var kind = ""
  var targets: [String] = []

  package init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
  }

  package mutating func ruleset() -> RulesetSketch {
    guesses = random.chance(12)
    let count = random.pick([1, 1, 2, 2, 3])
    return RulesetSketch(tables: (0..<count).map { table(number: $0) })
  }

  private mutating func table(number: Int) -> RulesetSketch.Table {
    family = random.pick(["inet", "inet", "inet", "ip", "ip6", "netdev"])
    (sets, maps, counters) = ([], [], [])
    // Regular chains jump only to later ones: there are no loops. Some go as deep as may be.
    let regular = (0..<(random.chance(4) ? 15 : random.below(4))).map { "c\($0)" }
    targets = regular
    let declarations = declarations()
    var chains: [RulesetSketch.Chain] = []
    let bases = (0..<random.number(1...4)).map { "b\($0)" }
    for name in bases {
      let header = header()
      targets = regular
      chains.append(
        RulesetSketch.Chain(name: name, header: header, rules: rules(random.number(1...6))))
    }
    (kind, hook) = ("filter", "any")
    for (index, name) in regular.enumerated() {
      targets = Array(regular.dropFirst(index + 1))
      chains.append(RulesetSketch.Chain(name: name, header: "", rules: rules(random.number(0...5))))
    }
    return RulesetSketch.Table(
      family: family, name: "t\(number)", declarations: declarations, chains: chains)
  }

  private mutating func header() -> String {
    kind = "filter"
    let policy = random.chance(15) ? " policy drop;" : ""
    if isDevice {
      hook = random.pick(["ingress", "ingress", "egress"])
      let device = random.pick(["eth0", "eth0", "eth1"])
      let priority = random.pick([-500, -100, 0, 0, 5])
      return "type filter hook \(hook) device \"\(device)\" priority \(priority);\(policy)"
    }
    if random.chance(22) {
      kind = "nat"
      hook = random.pick(["prerouting", "prerouting", "postrouting", "output", "input"])
    } else if random.chance(8) {
      (kind, hook) = ("route", "output")
    } else {
      hook = random.pick([
        "prerouting", "prerouting", "input", "input", "forward", "forward", "output", "postrouting",
      ])
    }
    let lowest = kind == "nat" ? -150 : -350
    // Not those of conntrack and NAT: among equals the one that was registered last comes first,
    // and that depends on what was loaded before.
    let priority = random.pick([-300, -199, -150, -149, -99, -10, 0, 0, 0, 1, 50, 99, 225, 299])
    return "type \(kind) hook \(hook) priority \(max(priority, lowest));\(policy)"
  }

  private mutating func rules(_ count: Int) -> [RulesetSketch.Rule] {
    (0..<count).map { _ in rule() }
  }

  private mutating func rule() -> RulesetSketch.Rule {
    var parts: [String] = []
    for _ in 0..<random.pick([0, 1, 1, 1, 1, 2, 2, 3]) { parts.append(match()) }
    for _ in 0..<random.pick([0, 0, 0, 1, 1, 2]) { parts.append(statement()) }
    if let verdict = verdict() { parts.append(verdict) }
    return RulesetSketch.Rule(parts: parts.isEmpty ? ["counter"] : parts)
  }

  private mutating func verdict() -> String? {
    if kind == "nat", random.chance(60) { return translation() }
    switch random.below(100) {
    case 0..<34: return nil
    case 34..<46: return "accept"
    case 46..<50: return "drop"
    case 50..<54: return isDevice || hook == "prerouting" ? "drop" : reject()
    case 54..<64: return "return"
    case 64..<66: return "continue"
    case 66..<72: return verdictMap() ?? "continue"
    default: return targets.isEmpty ? "counter" : jump()
    }
  }

  mutating func jump() -> String {
    "\(random.pick(["jump", "jump", "goto"])) \(random.pick(targets))"
  }

  private mutating func verdictMap() -> String? {
    let key = selector()
    let elements = values(key, random.number(1...3))
    var used: [String] = []
    for element in elements {
      let verdict =
        targets.isEmpty || random.chance(40)
        ? random.pick(["accept", "return", "continue", "drop"]) : jump()
      used.append("\(element) : \(verdict)")
    }
    if random.chance(20) { used.append("* : \(targets.isEmpty ? "return" : jump())") }
    return "\(key.text) vmap { \(used.joined(separator: ", ")) }"
  }

  private mutating func reject() -> String {
    var kinds = ["reject", "reject with tcp reset", "meta l4proto tcp reject with tcp reset"]
    if family != "ip6" { kinds.append("meta nfproto ipv4 reject with icmp type host-unreachable") }
    if family == "ip" { kinds.append("reject with icmp type admin-prohibited") }
    if family == "ip6" { kinds.append("reject with icmpv6 type admin-prohibited") }
    if family == "inet" {
      kinds += ["reject with icmpx type port-unreachable", "reject with icmpx type no-route"]
    }
    return random.pick(kinds)
  }

  private mutating func declarations() -> [String] {
    var lines: [String] = []
    for number in 0..<random.below(5) {
      let key = random.chance(30) ? concatenation() : selector()
      guard !key.typeText.isEmpty else { continue }
      lines.append(random.chance(70) ? set(number, key) : map(number, key))
    }
    if random.chance(60) { lines += rareDeclarations() }
    if random.chance(30) {
      lines.append("counter k0 { }")
      counters.append("k0")
    }
    return lines
  }

  private mutating func set(_ number: Int, _ key: Selector) -> String {
    let isDynamic = random.chance(25)
    var flags: [String] = []
    let elements = isDynamic ? values(key, 1, plain: true) : values(key, random.number(1...6))
    if isDynamic { flags += ["dynamic", "timeout"] } else { flags.append("interval") }
    var content = elements
    if random.chance(15), !isDynamic { content.append("*") }
    if random.chance(20), !isDynamic {
      flags.append("timeout")
      content = content.map { "\($0) timeout 1h" }
    }
    sets.append((name: "s\(number)", key: key.text, isDynamic: isDynamic))
    let merge = isDynamic ? " size 128;" : random.chance(50) ? " auto-merge;" : ""
    return "set s\(number) { typeof \(key.typeText); flags \(flags.joined(separator: ","));"
      + "\(merge) elements = { \(content.joined(separator: ", ")) }; }"
  }

  private mutating func map(_ number: Int, _ key: Selector) -> String {
    let value = random.pick(["meta mark", "verdict", "tcp dport", "ip daddr"])
    let elements = values(key, random.number(1...4)).map { element in
      let data: String =
        switch value {
        case "meta mark": "\(random.below(8))"
        case "verdict": random.pick(["accept", "return", "continue", "drop"])
        case "tcp dport": random.pick(["22", "8080", "40001"])
        default: random.pick(["10.9.1.2", "10.9.0.1", "10.9.1.7"])
        }
      return "\(element) : \(data)"
    }
    maps.append((name: "m\(number)", key: key.text, value: value))
    let type = value == "verdict" ? "verdict" : value
    return "map m\(number) { typeof \(key.typeText) : \(type); flags interval;"
      + " elements = { \(elements.joined(separator: ", ")) }; }"
  }
}
