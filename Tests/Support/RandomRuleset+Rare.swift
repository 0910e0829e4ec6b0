/// What rules seldom say, a line each: the wider part of nft's language.
extension RandomRuleset {
  mutating func rareMatch() -> String {
    let no = random.pick(["", "", "!= "])
    if guesses, random.chance(30) { return guess(no) }
    var list = anywhere(no) + values(no)
    if hasV4 { list += four(no) }
    if hasV6 { list += six(no) }
    if !isDevice { list += tracked(no) }
    return random.pick(list)
  }

  private mutating func anywhere(_ no: String) -> [String] {
    [
      "numgen inc mod 1 offset 3 \(no)3",
      "jhash tcp dport mod 4 seed 7 \(no)\(random.below(4))",
      "jhash ip saddr . tcp dport mod 3 seed 0x1234 \(no)1", "jhash ip6 daddr mod 2 seed 1 1",
      "meta cgroup \(no)0",
      "meta sdifname \(no)\"x\"", "meta secmark \(no)0", "ipsec in reqid \(no)1",
      "meta ipsec missing",
      "meta iif . meta mark vmap { \"lo\" . 0 : accept, \"eth0\" . 1 : drop }",
      "iifname . oifname vmap { \"eth0\" . \"eth1\" : accept, \"eth1\" . \"eth0\" : drop }",
      "meta l4proto . th dport \(no){ tcp . 22, udp . 53-60, sctp . 22 }",
      "ether saddr . ip saddr \(no){ 02:00:00:00:00:02 . 10.9.0.2 }",
      "ether daddr & ff:00:00:00:00:00 == 02:00:00:00:00:00", "ether type \(no)vlan",
      "vlan id \(no)5", "vlan pcp 0", "vlan type ip", "meta protocol \(no)vlan",
      "meta vlan id 5", "arp operation request", "arp saddr ip 10.9.0.2", "arp htype 1",
      "queue num 5 bypass", "ct count over 0",
      "quota name \"q0\"", "quota over \(random.pick([40, 60, 100])) bytes",
      "quota until \(random.pick([39, 44, 60])) bytes", "counter name \"k1\"",
    ]
  }

  /// What hangs on the past, on chance or on the clock.
  private mutating func guess(_ no: String) -> String {
    random.pick([
      "limit rate 5/second", "limit rate over 5 mbytes/second", "numgen inc mod 2 \(no)0",
      "numgen random mod 3 \(no)1", "symhash mod 4 \(no)2", "meta cpu 0", "meta random > 5",
      "meta hour \"10:00\"-\"12:00\"", "meta day \"Monday\"", "meta time > \"2024-01-01\"",
      "ct id \(no)5", "ct expiration < 30s", "limit name \"l0\"", "ct count 3",
    ])
  }

  private mutating func guessingStatement() -> String {
    random.pick([
      "limit rate 5/second burst 3 packets", "meta mark set numgen inc mod 4",
      "meta mark set numgen random mod 4 offset 3", "meta mark set symhash mod 2",
    ])
  }

  private mutating func values(_ no: String) -> [String] {
    [
      "sctp dport \(no)22", "sctp vtag 0", "sctp checksum \(no)1", "sctp chunk init \(presence())",
      "sctp chunk data \(presence())", "sctp chunk init flags \(no)0", "sctp chunk data type 0",
      "sctp chunk init init-tag \(no)1", "sctp chunk sack \(presence())",
      "dccp dport \(no)22", "dccp sport 40000-49999", "dccp type \(no)request",
      "udplite dport \(no)53", "udplite csumcov 8", "udp checksum \(no)0", "tcp checksum 1-30000",
      "udp checksum 30000-65535", "ah spi \(no)5", "ah hdrlength 4", "esp spi \(no)5",
      "esp sequence 1", "comp cpi 5", "igmp type membership-query", "igmp group 224.0.0.5",
      "icmp mtu \(no)0", "icmp checksum 1-40000", "icmp gateway 1", "icmpv6 mtu 0-5",
      "icmpv6 max-delay \(no)4", "icmpv6 sequence 1", "icmpv6 code \(no)0",
      "icmpv6 checksum 1-40000", "icmp type \(no){ echo-request, echo-reply, router-solicitation }",
      "icmp code { 0, 3-5 }", "tcp flags vmap { syn : accept, ack : continue, syn|ack : drop }",
      "tcp flags syn / fin,syn", "tcp flags != syn,ack", "tcp flags ! ack", "tcp reserved \(no)0",
      "tcp flags & (fin|syn|rst|psh|ack|urg) \(random.pick(["<", ">"])) ack",
      "tcp option fastopen \(presence())", "tcp option mptcp \(presence())",
      "tcp option md5sig \(presence())", "tcp option sack0 left 1-10", "tcp option sack2 right 5",
      "tcp option sack-perm length \(no)2", "tcp option timestamp tsecr 0-5",
      "tcp option eol \(presence())", "tcp option nop \(presence())", "tcp option maxseg kind 2",
      "tcp option @3,16,8 \(no)7", "tcp option @2,0,32 > 1",
      "tcp option @8,\(random.below(90)),8 0",
      "@th,\(8 * random.below(24)),8 & \(random.pick(["0x0f", "0x80", "0x3"])) \(no)0",
      "@th,\(random.below(200)),\(random.number(1...32)) \(no)1",
      "@nh,\(random.below(400)),\(random.number(1...64)) \(no)0",
      "@ll,\(random.below(140)),\(random.number(1...32)) \(no)2",
      "@th,\(8 * random.below(12)),128 \(no)0", "@nh,\(8 * random.below(30)),128 > 5",
      "@ih,\(8 * random.below(8)),\(random.pick([8, 16, 32, 3])) \(no)0",
    ]
  }

  private mutating func presence() -> String { random.pick(["exists", "missing"]) }

  private mutating func four(_ no: String) -> [String] {
    [
      "ip saddr & 0.0.0.255 \(random.pick(["==", "!="])) 0.0.0.2", "ip checksum 1-30000",
      "ip saddr . ip daddr . ip protocol \(no){ 10.9.0.2 . 10.9.0.0/16 . tcp }",
      "ip daddr . tcp dport vmap { 10.9.0.1 . 1-100 : drop, 10.9.1.0/24 . 443 : accept }",
      "ip option lsrr type \(no)131", "ip option ra length 4", "ip option rr length \(no)7",
      "ip option @20,16,8 \(no)0", "ip option ssrr \(presence())", "ip dscp << 2 \(no)184",
      "ip frag-off & 0x1fff != 0", "ip frag-off & 0x2000 == 0x2000", "ip hdrlength > 5",
      "ip saddr . ip dscp \(no){ 10.9.0.0/24 . 0-20 }", "ip ttl . ip protocol { 64 . 6, 64 . 17 }",
    ]
  }

  private mutating func six(_ no: String) -> [String] {
    [
      "ip6 saddr & ::ffff \(random.pick(["==", "!="])) ::2", "exthdr ah \(presence())",
      "exthdr hbh == missing", "dst hdrlength \(no)0", "rt hdrlength 0", "rt nexthdr tcp",
      "rt0 addr[1] ::1", "rt4 last-entry 1", "mh type 1", "srh flags 1", "ah nexthdr tcp",
      "frag reserved \(no)0", "frag reserved2 0", "frag more-fragments \(no)1", "frag id > 5",
      "ip6 daddr . th dport \(no){ fd09::/64 . 22, fd09:1::1-fd09:1::5 . 1-100 }",
      "ip6 nexthdr . ip6 hoplimit { 6 . 64, 17 . 1-64 }", "ip6 flowlabel > 0",
      "ip6 length . meta length { 20 . 60, 1-100 . 40-200 }",
    ]
  }

  private mutating func tracked(_ no: String) -> [String] {
    [
      "ct bytes > 40", "ct packets \(no)1", "ct avgpkt 40-60", "ct original packets 0-1",
      "ct reply bytes \(no)0", "ct secmark \(no)0",
      "ct state vmap { new : accept, invalid : drop, established : continue, untracked : return }",
      "ct state \(no){ new, established }", "ct state \(no)established,related",
      "ct status \(no)dnat,snat", "ct status & 0x\(random.pick(["8", "180", "30"])) != 0",
      "ct status \(no)assured", "ct original saddr . ct original proto-dst { 10.9.0.2 . 22 }",
      "ct mark and 3 \(no)1", "ct direction . ct state { original . new }", "ct label \(no)foo",
      "ct original zone \(no)0", "ct zone \(no)1", "ct original protocol \(no)6",
      "ct protocol . ct original proto-dst { tcp . 22, udp . 1-100 }",
      "fib daddr . iif type \(no)local", "fib saddr . iif oif \(presence())",
      "fib daddr type vmap { local : accept, broadcast : drop, unicast : continue }",
      "fib saddr . daddr oif 0", "fib daddr . oif type \(no)local", "fib daddr oif \(presence())",
      "fib saddr . mark oif \(presence())", "fib saddr . oif oif \(presence())",
    ]
  }

  mutating func rareStatement() -> String {
    if guesses, random.chance(20) { return guessingStatement() }
    var list = [
      "log group 5", "log flags all", "meta nftrace set 1",
      "meta pkttype set \(random.pick(["other", "host", "broadcast", "multicast"]))",
      "meta priority set tcp dport map { 22 : 1:2, 80 : 3:4 }", "meta secmark set 5",
      "meta mark set ip dscp << 2", "meta mark set ip ttl map { 64 : 1, 1-63 : 2 }",
      "meta mark set iifname map { \"eth0\" : 1, \"eth1\" : 6 }", "meta mark set meta mark | 5",
      "meta mark set 5", "meta mark set 6", "meta mark set jhash ip6 saddr mod 4 seed 3",
      "meta mark set meta mark and 6 xor 1", "meta mark set tcp dport << 3",
      "add @fl { ip saddr }", "update @fl { ip saddr }", "delete @fl { ip saddr }",
      "add @mt { ip saddr limit rate 1/second }", "add @mt { ip saddr limit rate over 1/second }",
      "update @mt { ip saddr counter }", "add @mt { ip saddr ct count over 0 }",
      "update @mt { ip saddr quota over 10 bytes }", "add @mt { ip daddr }",
      "add @dm { tcp dport : 5 }",
      "update @dm { tcp dport : meta mark }", "meta mark set tcp dport map @dm",
      "counter name tcp dport map @om", "quota name tcp dport map { 22 : \"q0\", 80 : \"q1\" }",
      "counter name tcp dport map { 22 : \"k1\", 80-90 : \"k1\" }", "tcp dport set tcp sport",
      "tcp dport vmap @vm", "tcp sport set tcp dport map { 22 : 40777, 80 : 40778 }",
      "udp checksum set 0", "tcp checksum set 5", "@th,0,8 set 5", "@th,24,8 set 7",
      "tcp flags set rst", "tcp doff set 5", "reset tcp option window", "tcp option @3,16,8 set 2",
      "tcp option timestamp tsval set 5",
      "icmp id set 5", "icmp sequence set 3", "sctp dport set 80", "th dport set 53",
      "udp length set 8", "icmpv6 id set 7",
    ]
    if hasV4 {
      list += [
        "ip daddr set ip saddr", "ip daddr set ip saddr map { 10.9.0.2 : 10.9.0.1 }",
        "ip protocol set 17", "ip frag-off set 0", "ip checksum set 0", "ip dscp set ef",
        "ip ttl set ip ttl map { 64 : 2, 2 : 9 }", "ip length set 28",
      ]
    }
    if hasV6 { list += ["ip6 nexthdr set 17", "ip6 daddr set fd09::1", "ip6 saddr set ip6 daddr"] }
    if isDevice {
      list += [
        "ether daddr set 02:00:00:00:00:09", "fwd to \"eth1\"",
        "ether type set ip", "vlan id set 5",
      ]
    } else {
      list += [
        "ct zone set 1", "ct zone set tcp dport map { 22 : 1, 80 : 2 }", "ct helper set \"h0\"",
        "ct event set new,destroy", "ct label set foo", "ct mark set ct mark and 5 or 3",
        "ct mark set mark << 2", "ct mark set 7", "ct secmark set meta secmark",
        "ct original zone set 2", "ct mark set meta mark xor 5", "notrack", "ct timeout set \"tt\"",
      ]
    }
    return random.pick(list)
  }

  /// Objects and sets that rare statements use.
  mutating func rareDeclarations() -> [String] {
    let second = random.pick(["10.9.0.2", "2.2.2.2"])
    var list = [
      "quota q0 { over \(random.pick([10, 50, 1000])) bytes }", "quota q1 { 60 bytes }",
      "limit l0 { rate 5/second }", "counter k1 { }",
      "map om { type inet_service : counter; elements = { 22 : \"k1\", 80 : \"k1\" }; }",
      "set mt { type ipv4_addr; size 100; flags dynamic; }",
      "set fl { type ipv4_addr; size 2; flags dynamic; elements = { 1.1.1.1, \(second) }; }",
      "map dm { type inet_service : mark; size 100; flags dynamic; elements = { 22 : 4 }; }",
      "map vm { type inet_service : verdict; flags interval; "
        + "elements = { 22 : \(vmTarget()), 80-90 : drop, 443 : accept }; }",
    ]
    if !isDevice {
      list.append("ct helper h0 { type \"ftp\" protocol tcp; }")
      if random.chance(30) {
        list.append("ct timeout tt { protocol tcp; policy = { established : 100 }; }")
      }
    }
    return list
  }

  private mutating func vmTarget() -> String {
    targets.isEmpty ? "continue" : "\(random.pick(["jump", "goto"])) \(random.pick(targets))"
  }
}
