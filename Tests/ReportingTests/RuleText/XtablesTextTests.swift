import Kernel
import Model
import TestSupport
import Testing

@testable import Reporting

@Suite struct XtablesTextTests {
  /// Rules as iptables-save writes them, and back: table and rule.
  private static let rules: [(table: String, rule: String)] = [
    ("filter", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"),
    ("filter", "-A INPUT -m state --state NEW -j DROP"),
    (
      "filter",
      "-A INPUT ! -i eth+ -p tcp -m multiport --dports 22,80:90,443 -m comment --comment "
        + #""web; \"x\" stuff" -j ACCEPT"#
    ),
    (
      "filter",
      "-A INPUT -p tcp -s 10.0.0.0/8 --syn --dport 22 -m limit --limit 3/min --limit-burst 7 "
        + #"-j LOG --log-prefix "ssh: " --log-level 7 --log-uid"#
    ),
    ("filter", "-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT"),
    ("filter", "-A INPUT -p tcp --dport 113 -j REJECT --reject-with tcp-reset"),
    ("filter", "-A INPUT -m addrtype --dst-type BROADCAST,MULTICAST -j DROP"),
    ("filter", #"-A INPUT -m mark --mark 0x1/0xff -m comment --comment "marked" -j RETURN"#),
    (
      "filter",
      "-A INPUT -p udp --sport 1000:2000 -m iprange --src-range 10.0.0.1-10.0.0.9 -j ACCEPT"
    ),
    ("filter", "-A INPUT -m mac --mac-source 00:11:22:33:44:55 -j ACCEPT"),
    ("filter", "-A INPUT -m pkttype --pkt-type multicast -j ACCEPT"),
    ("filter", "-A INPUT -m length --length 10:20 -j ACCEPT"),
    ("filter", "-A INPUT -m statistic --mode random --probability 0.25000 -j ACCEPT"),
    ("filter", "-A INPUT -m statistic --mode nth --every 3 --packet 1 -j ACCEPT"),
    ("filter", "-A OUTPUT -m owner --uid-owner 0 -j ACCEPT"),
    ("filter", "-A OUTPUT -m owner ! --gid-owner 5-9 -j ACCEPT"),
    (
      "filter",
      "-A INPUT -m conntrack --ctstate NEW,UNTRACKED,DNAT --ctproto 6 --ctorigsrc 10.0.0.0/8 "
        + "--ctdir ORIGINAL -j ACCEPT"
    ),
    ("filter", "-A INPUT -p tcp -j NFQUEUE --queue-num 3 --queue-bypass"),
    ("filter", "-A INPUT -j REJECT --reject-with icmp-host-prohibited"),
    ("nat", "-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.0.0.5:8080"),
    (
      "nat",
      "-A PREROUTING -p tcp -d 10.1.0.0/17 -j DNAT --to-destination 10.0.0.5-10.0.0.7 --random "
        + "--persistent"
    ),
    ("nat", "-A PREROUTING -p tcp --dport 81 -j REDIRECT --to-ports 8080"),
    ("nat", "-A POSTROUTING -o eth0 -j MASQUERADE"),
    (
      "nat",
      "-A POSTROUTING -p udp -s 10.0.0.0/8 ! -d 10.0.0.0/8 -j MASQUERADE --to-ports 1000-2000 "
        + "--random"
    ),
    ("nat", "-A POSTROUTING -j SNAT --to-source 1.2.3.4"),
    ("mangle", "-A PREROUTING -m connmark --mark 0x4 -j MARK --set-xmark 0x1/0xff"),
    (
      "mangle",
      "-A PREROUTING -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff"
    ),
    ("mangle", "-A OUTPUT -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"),
    ("raw", "-A PREROUTING -p udp -j CT --notrack"),
  ]

  @Test(.needsRoot, .needs("iptables-nft-restore", "ip"))
  func whatIptablesWroteComesBack() throws {
    let fixture = NamespaceFixture()
    defer { fixture.cleanUp() }
    let namespace = try fixture.addNamespace()
    for table in ["filter", "nat", "mangle", "raw"] {
      let lines = Self.rules.filter { $0.table == table }.map { $0.rule + "\n" }
      try namespace.run(
        "iptables-nft-restore --noflush",
        input: Array("*\(table)\n\(lines.joined())COMMIT\n".utf8))
    }
    let ruleset = try namespace.inside { try RulesetReader().read(.everything) }
    for name in ["filter", "nat", "mangle", "raw"] {
      let table = try #require(ruleset.table(.ip, name))
      let text = RuleText(table: table)
      var found: [String] = []
      for chain in table.chains {
        found += chain.rules.map { "-A \(chain.name) " + text.text(of: $0) }
      }
      for (_, rule) in Self.rules where !found.contains(rule) && name == tableName(rule) {
        Issue.record("\(rule) is not among\n\(found.joined(separator: "\n"))")
      }
    }
  }

  private func tableName(_ rule: String) -> String {
    Self.rules.first { $0.rule == rule }?.table ?? ""
  }

  @Test func cutStructuresDoNotTrap() {
    let names = [
      "comment", "tcp", "udp", "multiport", "conntrack", "state", "addrtype", "mark", "limit",
      "icmp",
      "set", "owner", "iprange", "mac", "pkttype", "length", "statistic", "LOG", "REJECT", "DNAT",
      "SNAT", "MASQUERADE", "MARK", "CONNMARK", "NFQUEUE", "TCPMSS", "CT", "SET", "TPROXY", "other",
    ]
    let text = RuleText(table: Table(family: .ip, name: "filter"))
    for name in names {
      for revision in (0 as UInt32)...4 {
        for length in stride(from: 0, through: 176, by: 7) {
          for filler in [0 as UInt8, 0xff] {
            let part = XtablesExtension(
              name: name, revision: revision, info: [UInt8](repeating: filler, count: length))
            #expect(text.text(of: [.xtablesMatch(part)]).hasPrefix("-m "))
            #expect(text.text(of: [.xtablesTarget(part)]).hasPrefix("-j "))
          }
        }
      }
    }
  }

  @Test func aStrangeMatchIsNamed() {
    let part = XtablesExtension(name: "x\u{1b}y", revision: 9, info: [1, 2, 3])
    let text = RuleText(table: Table(family: .ip, name: "filter"))
    #expect(
      text.text(of: [
        .xtablesMatch(part),
        .immediate(
          Immediate(destination: .verdict, value: .verdict(.drop))),
      ])
        == #"-m x\x1by [revision 9, 3 bytes] -j DROP"#)
  }
}
