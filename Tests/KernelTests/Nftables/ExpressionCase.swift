/// A rule, and the case of `Expression` that must be in it.
struct ExpressionCase: Sendable, CustomStringConvertible {
  let expected: String
  let rule: String
  var family = "inet"
  var hook = "type filter hook input priority 0;"
  var before = ""

  var description: String { "\(expected): \(rule)" }

  var ruleset: String {
    """
    table \(family) t {
      \(before)
      chain other { }
      chain c { \(hook)
        \(rule)
      }
    }
    """
  }

  static let all: [ExpressionCase] = packet + lookups + stateful + translation + netdev

  private static let packet = [
    Self(expected: "payload", rule: "tcp dport 22 accept"),
    Self(expected: "compare", rule: "tcp dport 80-90 drop"),
    Self(expected: "range", rule: "tcp dport != 80-90 drop"),
    Self(expected: "bitwise", rule: "ct state established,related accept"),
    Self(expected: "bitwise", rule: "meta mark set meta mark lshift 3"),
    Self(expected: "byteOrder", rule: "meta mark 1-10 accept"),
    Self(expected: "payloadWrite", rule: "ip ttl set 64"),
    Self(expected: "extensionHeader", rule: "tcp option maxseg size 1400 drop"),
    Self(
      expected: "extensionHeader", rule: "tcp option maxseg size set rt mtu",
      hook: "type filter hook forward priority 0;"),
    Self(expected: "extensionHeader", rule: "reset tcp option timestamp"),
    Self(expected: "extensionHeader", rule: "exthdr frag exists drop"),
    Self(expected: "extensionHeader", rule: "ip option lsrr exists drop"),
    Self(expected: "meta", rule: "iifname \"eth*\" meta skuid 1000 accept"),
    Self(expected: "metaWrite", rule: "meta mark set 7"),
    Self(expected: "conntrack", rule: "ct original ip saddr 10.0.0.1 accept"),
    Self(expected: "conntrackWrite", rule: "ct mark set 7"),
    Self(expected: "immediate", rule: "jump other"),
    Self(expected: "immediate", rule: "tcp dport 22 goto other"),
    Self(expected: "reject", rule: "reject with tcp reset", family: "ip"),
    Self(expected: "reject", rule: "reject with icmpx admin-prohibited"),
  ]

  private static let lookups = [
    Self(expected: "lookup", rule: "tcp dport != { 1, 2, 3 } drop"),
    Self(expected: "lookup", rule: "tcp dport vmap { 1 : accept, 2 : jump other, 3 : return }"),
    Self(
      expected: "dynamicSet", rule: "add @seen { ip saddr limit rate 5/second } accept",
      before: "set seen { type ipv4_addr; flags dynamic, timeout; timeout 1m; }"),
    Self(
      expected: "dynamicSet",
      rule: "update @seen { ip saddr timeout 5s counter limit rate 1/second }",
      before: "set seen { type ipv4_addr; flags dynamic, timeout; }"),
    Self(expected: "objectReference", rule: "counter name k", before: "counter k { }"),
    Self(expected: "routing", rule: "rt classid 3 accept"),
    Self(expected: "fib", rule: "fib daddr . iif type local accept"),
    Self(
      expected: "fib", rule: "fib saddr . iif oif missing drop",
      hook: "type filter hook prerouting priority raw;"),
    Self(expected: "socket", rule: "socket wildcard 1 accept"),
    Self(expected: "operatingSystem", rule: "osf name \"Linux\" accept"),
    Self(expected: "transform", rule: "ipsec in reqid 3 accept"),
  ]

  private static let stateful = [
    Self(expected: "counter", rule: "counter packets 3 bytes 9"),
    Self(expected: "log", rule: "log prefix \"x: \" group 3 snaplen 20 accept"),
    Self(expected: "log", rule: "log level debug flags all"),
    Self(expected: "limit", rule: "limit rate over 10 mbytes/second burst 3 kbytes drop"),
    Self(expected: "quota", rule: "quota over 25 mbytes used 3 kbytes drop"),
    Self(expected: "connectionLimit", rule: "ct count over 10 drop"),
    Self(expected: "numberGenerator", rule: "meta mark set numgen random mod 10 offset 5"),
    Self(expected: "hash", rule: "meta mark set jhash ip saddr mod 2 seed 0xdead"),
    Self(expected: "hash", rule: "meta mark set symhash mod 2 offset 3"),
    Self(
      expected: "notrack", rule: "tcp dport 22 notrack",
      hook: "type filter hook prerouting priority raw;"),
  ]

  private static let translation = [
    Self(
      expected: "nat", rule: "tcp dport 80 dnat ip to 10.0.0.1-10.0.0.9:8080-8090 random",
      hook: "type nat hook prerouting priority dstnat;"),
    Self(
      expected: "nat", rule: "snat ip6 to 2001:db8::1 persistent",
      hook: "type nat hook postrouting priority srcnat;"),
    Self(
      expected: "nat", rule: "dnat ip prefix to ip daddr map { 10.0.0.0/24 : 10.1.0.0/24 }",
      hook: "type nat hook prerouting priority dstnat;"),
    Self(
      expected: "masquerade", rule: "meta l4proto tcp masquerade to :1024-2048 fully-random",
      hook: "type nat hook postrouting priority srcnat;"),
    Self(
      expected: "redirect", rule: "tcp dport 80 redirect to :8080",
      hook: "type nat hook prerouting priority dstnat;"),
    Self(
      expected: "transparentProxy", rule: "meta l4proto tcp tproxy ip to 127.0.0.1:50080",
      hook: "type filter hook prerouting priority mangle;"),
    Self(
      expected: "synproxy", rule: "tcp dport 80 synproxy mss 1460 wscale 7 timestamp sack-perm"),
    Self(
      expected: "duplicate", rule: "dup to 10.0.0.1 device \"lo\"", family: "ip"),
  ]

  private static let netdev = [
    Self(
      expected: "forward", rule: "fwd to \"lo\"", family: "netdev",
      hook: "type filter hook ingress device lo priority 0;"),
    Self(
      expected: "duplicate", rule: "dup to \"lo\"", family: "netdev",
      hook: "type filter hook ingress device lo priority 0;"),
    Self(
      expected: "payload", rule: "ether saddr 02:00:00:00:00:01 drop",
      family: "bridge"),
    Self(expected: "payload", rule: "arp operation request drop", family: "arp"),
  ]
}
