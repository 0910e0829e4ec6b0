/// Rules for `XtablesOracleTests`: one match each and no target, so that the kernel's trace tells
/// of every match by itself whether it held.
enum XtablesRules {
  /// Both senses of a match that iptables can invert after `-m name`.
  private static func both(_ name: String, _ options: String..., before: String = "") -> [String] {
    options.flatMap { ["\(before)-m \(name) \($0)", "\(before)-m \(name) ! \($0)"] }
  }

  /// At any hook, for any packet of either family.
  static let anywhere: [String] =
    both("mark", "--mark 0", "--mark 5", "--mark 0x4/0x4")
    + both("connmark", "--mark 0", "--mark 5")
    + both("length", "--length 40", "--length 44", "--length 64", "--length 28:60", "--length 61:")
    + both("dscp", "--dscp 0", "--dscp 10", "--dscp-class AF11")
    + both("tos", "--tos 0x28/0xff", "--tos 0x00/0x3f")
    + both("conntrack", "--ctstate NEW", "--ctstate ESTABLISHED", "--ctstate INVALID")
    + both("conntrack", "--ctstate RELATED,ESTABLISHED", "--ctstate UNTRACKED")
    + both("conntrack", "--ctstate DNAT", "--ctstate SNAT", "--ctproto 6", "--ctproto 17")
    + both("conntrack", "--ctstatus SEEN_REPLY", "--ctstatus CONFIRMED", "--ctstatus NONE")
    + ["-m conntrack --ctdir ORIGINAL", "-m conntrack --ctdir REPLY"]
    + both("state", "--state NEW", "--state ESTABLISHED", "--state INVALID")
    + both("pkttype", "--pkt-type unicast", "--pkt-type broadcast", "--pkt-type multicast")
    + ["-m physdev --physdev-is-bridged", "-m physdev ! --physdev-is-bridged"]
    + both("physdev", "--physdev-is-in", "--physdev-in eth0")
    + ["-m string --algo bm --string hello", "-m string --algo bm ! --string hello"]
    + ["-m string --algo kmp --string zzzz", "-m string --algo kmp ! --string zzzz"]
    + ["-m string --algo bm --icase --string HELLO", "-m string --algo kmp --string HELLO"]
    + ["-m string --algo bm --from 28 --to 33 --string hello"]
    + ["-m string --algo bm --from 29 --string hello"]
    + ["-m string --algo kmp --to 30 --string hello"]
    + both("connlimit", "--connlimit-above 0")
    + ["-m connbytes --connbytes 1:1 --connbytes-mode packets --connbytes-dir original"]
    + ["-m connbytes --connbytes 2: --connbytes-mode packets --connbytes-dir both"]
    + ["-m connbytes --connbytes 0:0 --connbytes-mode bytes --connbytes-dir reply"]
    + ["-m connbytes ! --connbytes 40:60 --connbytes-mode bytes --connbytes-dir original"]
    + ["-m connlabel --label 3", "-m connlabel ! --label 3", "-m connlabel --label 3 --set"]
    + ["-m connlabel --label 3"]
    + both("helper", "--helper ftp")
    + ["-m comment --comment words", "-m recent --name reach --set"]
    + ["-m recent ! --set --name reach2"]
    + ["-m statistic --mode random --probability 0", "-m statistic --mode random --probability 1"]
    + ["-m statistic --mode random ! --probability 0"]
    + ["-m statistic --mode nth --every 1 --packet 0"]
    + ["-p tcp -m tcp --tcp-option 2", "-p tcp -m tcp ! --tcp-option 2"]
    + ["-p tcp -m tcp --tcp-option 4", "-p tcp -m tcp ! --tcp-option 4"]
    + both("multiport", "--dports 22,80:90", "--sports 40000:49999", before: "-p tcp ")
    + both("multiport", "--ports 22", "--dports 53,8080", before: "-p tcp ")
    + both("multiport", "--dports 53,22:30", "--ports 0:1", before: "-p udp ")
    + both("tcpmss", "--mss 1460", "--mss 1:1400", before: "-p tcp ")
    + both("ecn", "--ecn-tcp-cwr", "--ecn-tcp-ece", before: "-p tcp ")

  /// IPv4 only.
  static let v4: [String] =
    both("ttl", "--ttl-eq 64", "--ttl-eq 3") + ["-m ttl --ttl-lt 64", "-m ttl --ttl-gt 5"]
    + both("iprange", "--src-range 10.9.0.1-10.9.0.2", "--dst-range 10.9.0.0-10.9.0.1")
    + both("iprange", "--src-range 10.9.0.3-10.255.255.255", "--dst-range 127.0.0.1-127.0.0.1")
    + both("conntrack", "--ctorigsrc 10.9.0.2", "--ctorigdst 10.9.0.0/24", "--ctreplsrc 10.9.0.1")
    + both("conntrack", "--ctrepldst 10.9.0.2/31")
    + both("addrtype", "--dst-type LOCAL", "--src-type LOCAL", "--dst-type UNICAST")
    + both("addrtype", "--dst-type BROADCAST", "--dst-type MULTICAST", "--src-type UNICAST")
    + both("u32", "--u32 6&0xFF=6", "--u32 6&0xFF=17", "--u32 0>>22&0x3C@0&0xFFFF=22")
    + both("u32", "--u32 0>>22&0x3C@0&0xFFFF=1:21,23:90", "--u32 400=0", "--u32 0>>24=0x45")
    + both("ecn", "--ecn-ip-ect 0", "--ecn-ip-ect 1")
    + ["-p icmp -m icmp --icmp-type 8", "-p icmp -m icmp ! --icmp-type 8"]
    + ["-p icmp -m icmp --icmp-type 0", "-p icmp -m icmp --icmp-type any"]
    + ["-p tcp -m conntrack --ctorigdstport 22", "-p tcp -m conntrack ! --ctorigdstport 22"]
    + ["-p tcp -m conntrack --ctorigsrcport 40000:49999", "-p udp -m conntrack --ctreplsrcport 53"]
    + ["-p tcp -m conntrack --ctrepldstport 1:39999", "-p esp -m esp --espspi 0:9"]
    + ["-p ah -m ah --ahspi 0:9"]

  /// IPv6 only.
  static let v6: [String] =
    both("hl", "--hl-eq 64", "--hl-eq 3") + ["-m hl --hl-lt 65"]
    + both("iprange", "--src-range fd09::1-fd09::2", "--dst-range fd09::2-fd09::ff")
    + both("conntrack", "--ctorigsrc fd09::2", "--ctorigdst fd09::/64", "--ctreplsrc fd09::1")
    + both("addrtype", "--dst-type LOCAL", "--src-type LOCAL", "--dst-type UNICAST")
    + both("addrtype", "--dst-type MULTICAST", "--dst-type ANYCAST", "--src-type UNREACHABLE")
    + ["-p icmpv6 -m icmp6 --icmpv6-type 128", "-p icmpv6 -m icmp6 ! --icmpv6-type 128"]
    + ["-m frag --fragmore", "-m hbh", "-m dst", "-m rt", "-m rt ! --rt-type 0"]
    + ["-m ipv6header --soft --header prot", "-m ipv6header ! --header frag"]
    + ["-m ipv6header --soft --header hop", "-p tcp -m conntrack --ctorigdstport 22"]

  /// Where packets come in.
  static let input: [String] =
    both("physdev", "--physdev-is-out")
    + both("mac", "--mac-source 02:00:00:00:00:02", "--mac-source 02:00:00:00:00:09")
    + both("devgroup", "--src-group 0", "--src-group 7")
    + ["-m policy --dir in --pol none", "-m policy --dir in --pol ipsec"]

  /// Where packets go out.
  static let output: [String] =
    both("owner", "--uid-owner 0", "--uid-owner 1000-2000", "--gid-owner 0", "--socket-exists")
    + both("devgroup", "--dst-group 0", "--dst-group 7")
    + ["-m policy --dir out --pol none", "-m policy --dir out --pol ipsec"]

  /// Prerouting of raw and mangle only.
  static let early: [String] =
    ["-m rpfilter", "-m rpfilter --invert", "-m rpfilter --loose", "-m rpfilter --validmark"]
    + ["-m rpfilter --accept-local", "-m rpfilter --loose --accept-local --invert"]

  /// `iptables-restore` text with all of them at each hook that allows them.
  static func text(_ own: [String], source: [String] = []) -> String {
    func chain(_ name: String, _ rules: [String]) -> String {
      rules.map { "-A \(name) \($0)\n" }.joined()
    }
    let common = anywhere + own
    return "*raw\n" + chain("PREROUTING", early + common + input) + chain("OUTPUT", common + output)
      + "COMMIT\n*mangle\n" + chain("PREROUTING", early + common + input)
      + chain("POSTROUTING", common + output) + "COMMIT\n*filter\n"
      + chain("INPUT", common + input) + chain("FORWARD", common + devices)
      + chain("OUTPUT", common + output) + "COMMIT\n"
  }

  private static let devices = both("devgroup", "--src-group 0", "--dst-group 7")
}
