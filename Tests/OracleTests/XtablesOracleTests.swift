import Evaluator
import Kernel
import Model
import TestSupport
import Testing

/// Rules that iptables-nft loads, held against the kernel's own trace step by step.
@Suite("xtables, held against the kernel", .serialized)
struct XtablesOracleTests {
  /// Loads text with an iptables-restore program.
  static func load(_ text: String, _ program: String) -> (TestNamespace) throws -> Void {
    { try $0.command([program], input: Array(text.utf8)).run() }
  }

  static let packets = [
    "in eth0 tcp 10.9.0.2:40001 > 10.9.0.1:22", "in eth0 tcp 10.9.0.2:40002 > 10.9.0.1:8080",
    "in eth0 tcp 10.9.0.2:40003 > 10.9.0.1:85 ttl=3 dscp=10",
    "in eth0 udp 10.9.0.2:40004 > 10.9.0.1:53 payload=hello",
    "in eth0 udp 10.9.0.3:40005 > 10.9.0.1:22 payload=xhello",
    "in eth0 tcp 10.9.0.2:40006 > 10.9.0.1:22 flags=rst state=invalid",
    "in eth0 tcp 10.9.0.2:40007 > 10.9.0.1:22 flags=syn,ece,cwr",
    "in eth0 icmp 10.9.0.2 > 10.9.0.1", "in eth0 tcp 10.9.0.2:40008 > 10.9.1.2:80",
    "in eth1 tcp 10.9.1.2:40009 > 10.9.0.1:22", "in eth1 udp 10.9.0.77:40010 > 10.9.0.1:53",
    "in eth0 udp 10.9.0.2:40011 > 10.9.0.255:53", "out tcp 10.9.0.1:40012 > 10.9.0.2:80",
    "out udp 10.9.0.1:40013 > 10.9.0.2:53 payload=hello mark=5",
    "out udp 127.0.0.1:40014 > 127.0.0.1:22 payload=hello",
    "out tcp 10.9.0.1:40015 > 10.9.0.2:22 uid=1500",
    "out udp 10.9.0.1:40016 > 10.9.1.2:22 mark=4",
    "in eth0 tcp 10.9.0.2:40017 > 10.9.0.1:22 flags=ack",
    "in eth0 tcp 10.9.0.2:40018 > 10.9.0.1:40999 flags=syn,ack direction=reply state=established",
    "out tcp 10.9.0.1:40021 > 10.9.1.2:22 uid=1500",
  ]
  private static let packetsV6 = [
    "in eth0 tcp [fd09::2]:40101 > [fd09::1]:22", "in eth0 udp [fd09::2]:40102 > [fd09::1]:53",
    "in eth0 tcp [fd09::3]:40103 > [fd09::1]:8080 ttl=3 dscp=10",
    "in eth0 icmpv6 fd09::2 > fd09::1", "in eth0 tcp [fd09::2]:40104 > [fd09:1::2]:80",
    "out tcp [fd09::1]:40105 > [fd09::2]:22", "out udp [fd09::1]:40106 > [fd09::2]:53 mark=5",
  ]

  static func query(_ text: String) throws -> PacketQuery {
    var words = text.split(separator: " ")[...]
    return try #require(PacketQuery(caseWords: &words, freePort: 45_000))
  }

  /// Compares every packet; a difference names the rules that only one of the two matched.
  private static func compare(_ oracle: KernelOracle, _ packets: [String]) throws {
    let evaluation = Evaluation(ruleset: oracle.ruleset, host: oracle.host)
    for packet in packets {
      let query = try Self.query(packet)
      let kernel = try oracle.answer(query)
      let trace = evaluation.trace(framed(query))
      let isKnown = query.conntrackState != .established
      let found = trace.steps.filter { isKnown || isDecidable($0) }.map(\.comparisonText)
      let wanted = kernel.steps.filter { isKnown || isDecidable($0) }.map(\.comparisonText)
      #expect(!wanted.isEmpty, "\(packet): the kernel traced nothing")
      for change in found.difference(from: wanted) {
        let (isExtra, text) =
          switch change {
          case .insert(_, let text, _): (true, text)
          case .remove(_, let text, _): (false, text)
          }
        let step = (isExtra ? trace.steps : kernel.steps).first { $0.comparisonText == text }
        let words = step?.rule.map { "\($0.expressions.filter(isTelling))" } ?? ""
        Issue.record(
          "\(packet): \(isExtra ? "only the evaluator" : "only the kernel"): \(text) \(words)")
      }
      #expect(trace.verdict == kernel.verdict, "\(packet): \(trace.conditions)")
    }
  }

  /// Whether the rule of a step asks nothing that only a running connection knows.
  private static func isDecidable(_ step: TraceStep) -> Bool {
    step.rule?.expressions.allSatisfy { expression in
      guard case .xtablesMatch(let match) = expression else { return true }
      return !["connbytes", "connlabel"].contains(match.name)
    } ?? true
  }

  /// The query with the Ethernet addresses that the oracle's network sends from and to.
  static func framed(_ query: PacketQuery) -> PacketQuery {
    guard let input = query.inputInterface else { return query }
    let link: UInt8 = input == "eth0" ? 0 : 1
    var query = query
    query.frame = PacketBytes.frame(query, from: [2, 0, 0, 0, link, 2], to: [2, 0, 0, 0, link, 1])
    return query
  }

  private static func isTelling(_ expression: Expression) -> Bool {
    if case .counter = expression { false } else { true }
  }

  @Test(.needsRoot, .needs("iptables-nft-restore", "ip"))
  func everyMatchOfIPv4() throws {
    let oracle = try KernelOracle(
      "", sysctls: [("net.ipv4.ip_forward", "1")],
      prepare: Self.load(XtablesRules.text(XtablesRules.v4), "iptables-nft-restore"))
    defer { oracle.cleanUp() }
    try Self.compare(oracle, Self.packets)
  }

  @Test(.needsRoot, .needs("ip6tables-nft-restore", "ip"))
  func everyMatchOfIPv6() throws {
    let oracle = try KernelOracle(
      "", sysctls: [("net.ipv6.conf.all.forwarding", "1")],
      prepare: Self.load(XtablesRules.text(XtablesRules.v6), "ip6tables-nft-restore"))
    defer { oracle.cleanUp() }
    try Self.compare(oracle, Self.packetsV6)
  }
}

/// Targets, one ruleset each: what they do to the packet shows in the rules behind them.
extension XtablesOracleTests {
  /// A ruleset, and packets that meet it.
  struct TargetCase: Sendable, CustomStringConvertible {
    var description: String
    var program = "iptables-nft-restore"
    var rules: String
    var packets: [String]
  }

  static let targets: [TargetCase] = [
    TargetCase(
      description: "REJECT",
      rules: """
        *filter
        -A INPUT -p tcp --dport 22 -j REJECT --reject-with tcp-reset
        -A INPUT -p tcp --dport 23 -j REJECT --reject-with icmp-host-prohibited
        -A INPUT -p udp -j REJECT
        COMMIT

        """,
      packets: [
        "in eth0 tcp 10.9.0.2:41001 > 10.9.0.1:22", "in eth0 tcp 10.9.0.2:41002 > 10.9.0.1:23",
        "in eth0 udp 10.9.0.2:41003 > 10.9.0.1:22", "in eth0 tcp 10.9.0.2:41004 > 10.9.0.1:24",
      ]),
    TargetCase(
      description: "MARK and CONNMARK",
      rules: """
        *mangle
        -A PREROUTING -j MARK --set-xmark 0x35/0xff
        -A PREROUTING -m mark --mark 0x35
        -A PREROUTING -j CONNMARK --save-mark --nfmask 0x30 --ctmask 0xff
        -A PREROUTING -m connmark --mark 0x30
        -A PREROUTING -j CONNMARK --set-xmark 0x105/0x0f
        -A PREROUTING -m connmark --mark 0x135
        -A PREROUTING -j CONNMARK --save-mark --right-shift-mark 4
        -A PREROUTING -m connmark --mark 0x3
        -A PREROUTING -j CONNMARK --set-mark 0x77 --left-shift-mark 3
        -A PREROUTING -m connmark --mark 0x3b8
        -A PREROUTING -j CONNMARK --restore-mark --nfmask 0xff0 --ctmask 0xff0
        -A PREROUTING -m mark --mark 0x3b5
        -A PREROUTING -j MARK --or-mark 0x8000
        -A PREROUTING -j MARK --and-mark 0x8ff0
        -A PREROUTING -m mark --mark 0x83b0
        -A PREROUTING -j MARK --xor-mark 0x83b1
        -A PREROUTING -m mark --mark 1
        COMMIT

        """,
      packets: ["in eth0 tcp 10.9.0.2:41011 > 10.9.0.1:22"]),
    TargetCase(
      description: "header rewriting",
      rules: """
        *mangle
        -A PREROUTING -j DSCP --set-dscp 10
        -A PREROUTING -m dscp --dscp 10
        -A PREROUTING -j TOS --set-tos 0x04/0x0c
        -A PREROUTING -m tos --tos 0x24/0xff
        -A PREROUTING -j TTL --ttl-dec 5
        -A PREROUTING -m ttl --ttl-eq 59
        -A PREROUTING -j TTL --ttl-inc 250
        -A PREROUTING -m ttl --ttl-eq 255
        -A PREROUTING -j TTL --ttl-set 3
        -A PREROUTING -m ttl --ttl-eq 3
        -A PREROUTING -p tcp -j ECN --ecn-tcp-remove
        -A PREROUTING -p tcp -m ecn --ecn-tcp-cwr
        -A PREROUTING -p tcp -m ecn ! --ecn-tcp-ece
        -A PREROUTING -p tcp -j TCPOPTSTRIP --strip-options mss
        -A PREROUTING -p tcp -m tcp --tcp-option 2
        -A PREROUTING -p tcp -m tcp --tcp-option 1
        -A POSTROUTING -p tcp -m tcp --syn -j TCPMSS --set-mss 1000
        -A POSTROUTING -p tcp -m tcpmss --mss 1000
        -A POSTROUTING -j CLASSIFY --set-class 1:2
        -A POSTROUTING -j CHECKSUM --checksum-fill
        COMMIT

        """,
      packets: [
        "in eth0 tcp 10.9.0.2:41021 > 10.9.0.1:22 flags=syn,ece,cwr",
        "in eth0 udp 10.9.0.2:41022 > 10.9.0.1:22", "out tcp 10.9.0.1:41023 > 10.9.0.2:22",
      ]),
    TargetCase(
      description: "no tracking, logs and side effects",
      rules: """
        *raw
        -A PREROUTING -p tcp --dport 22 -j CT --notrack
        -A PREROUTING -p udp -j CT --zone 5
        -A PREROUTING -m conntrack --ctstate UNTRACKED
        -A PREROUTING -j LOG --log-prefix x
        -A PREROUTING -j AUDIT --type accept
        -A PREROUTING -j NFLOG --nflog-group 5
        COMMIT
        *filter
        -A INPUT -m conntrack --ctstate UNTRACKED -j ACCEPT
        -A INPUT -m conntrack --ctstate INVALID -j DROP
        -A INPUT -m conntrack --ctstate NEW -j RETURN
        COMMIT

        """,
      packets: [
        "in eth0 tcp 10.9.0.2:41031 > 10.9.0.1:22", "in eth0 tcp 10.9.0.2:41032 > 10.9.0.1:23",
        "in eth0 udp 10.9.0.2:41033 > 10.9.0.1:22",
        "in eth0 tcp 10.9.0.2:41034 > 10.9.0.1:23 flags=rst state=invalid",
      ]),
    TargetCase(
      description: "queues and proxies",
      rules: """
        *mangle
        -A PREROUTING -p tcp --dport 22 -j TPROXY --on-port 99
        -A PREROUTING -p tcp --dport 23 -j NFQUEUE --queue-num 5
        -A PREROUTING -p tcp --dport 24 -j NFQUEUE --queue-num 5 --queue-bypass
        -A PREROUTING -p tcp --dport 24 -j DROP
        COMMIT
        *filter
        -A INPUT -p tcp --dport 25 -j SYNPROXY
        COMMIT

        """,
      packets: [
        "in eth0 tcp 10.9.0.2:41042 > 10.9.0.1:23", "in eth0 tcp 10.9.0.2:41043 > 10.9.0.1:24",
        "in eth0 tcp 10.9.0.2:41044 > 10.9.0.1:25",
      ]),
    TargetCase(
      description: "NAT",
      rules: """
        *nat
        -A PREROUTING -p tcp --dport 22 -j DNAT --to-destination 10.9.1.2:2222
        -A PREROUTING -p tcp --dport 23 -j REDIRECT --to-ports 99
        -A PREROUTING -p tcp --dport 8000:8010 -j DNAT --to-destination 10.9.1.2:9000-9010/8000
        -A PREROUTING -p udp -j NETMAP --to 10.9.1.0/24
        -A OUTPUT -p tcp --dport 80 -j DNAT --to-destination 10.9.1.2
        -A OUTPUT -p tcp --dport 81 -j REDIRECT --to-ports 5000-5010
        -A POSTROUTING -o eth1 -j MASQUERADE
        -A POSTROUTING -o eth0 -p udp -j SNAT --to-source 10.9.0.50
        COMMIT
        *filter
        -A INPUT -p tcp --dport 99
        -A INPUT -m conntrack --ctstate DNAT
        -A FORWARD -d 10.9.1.2 -p tcp --dport 2222
        -A FORWARD -p tcp --dport 9004
        -A FORWARD -d 10.9.1.7
        -A FORWARD -m conntrack --ctstate DNAT
        -A FORWARD -p tcp -m conntrack --ctorigdstport 22
        -A FORWARD -m conntrack --ctreplsrc 10.9.1.2
        COMMIT
        *security
        -A OUTPUT -p tcp --dport 5000
        -A OUTPUT -d 10.9.1.2
        COMMIT

        """,
      packets: [
        "in eth0 tcp 10.9.0.2:41051 > 10.9.0.1:22", "in eth0 tcp 10.9.0.2:41052 > 10.9.0.1:23",
        "in eth0 tcp 10.9.0.2:41053 > 10.9.0.1:8004", "in eth0 udp 10.9.0.2:41054 > 10.9.5.7:53",
        "out tcp 10.9.0.1:41055 > 10.9.0.2:80", "out udp 10.9.0.1:41056 > 10.9.0.2:53",
        "out tcp 10.9.0.1:41057 > 10.9.0.2:22", "out tcp 10.9.0.1:41058 > 10.9.0.2:81",
      ]),
    TargetCase(
      description: "IPv6 targets", program: "ip6tables-nft-restore",
      rules: """
        *mangle
        -A PREROUTING -j DSCP --set-dscp 10
        -A PREROUTING -m dscp --dscp 10
        -A PREROUTING -j HL --hl-set 7
        -A PREROUTING -m hl --hl-eq 7
        COMMIT
        *nat
        -A PREROUTING -p tcp --dport 22 -j DNAT --to-destination [fd09:1::2]:2222
        -A PREROUTING -p tcp --dport 23 -j REDIRECT --to-ports 99
        -A PREROUTING -p udp -j NETMAP --to fd09:1::/64
        -A POSTROUTING -o eth1 -j MASQUERADE
        COMMIT
        *filter
        -A INPUT -p tcp --dport 99 -j REJECT --reject-with tcp-reset
        -A INPUT -j REJECT --reject-with icmp6-adm-prohibited
        -A FORWARD -d fd09:1::2 -p tcp --dport 2222
        -A FORWARD -d fd09:1::7
        COMMIT

        """,
      packets: [
        "in eth0 tcp [fd09::2]:41061 > [fd09::1]:22", "in eth0 tcp [fd09::2]:41062 > [fd09::1]:23",
        "in eth0 udp [fd09::2]:41063 > [fd09:5::7]:53",
        "in eth0 tcp [fd09::2]:41064 > [fd09::1]:24",
      ]),
  ]

  @Test(
    .needsRoot, .needs("iptables-nft-restore", "ip6tables-nft-restore", "ip"), arguments: targets)
  func target(_ target: TargetCase) throws {
    let oracle = try KernelOracle(
      "",
      sysctls: [("net.ipv4.ip_forward", "1"), ("net.ipv6.conf.all.forwarding", "1")],
      prepare: Self.load(target.rules, target.program))
    defer { oracle.cleanUp() }
    try Self.compare(oracle, target.packets)
  }
}
