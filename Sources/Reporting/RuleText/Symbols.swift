/// nft's names for values, as `nft describe TYPE` (nftables 1.0.6) gives them. Where several names
/// mean the same value, the first is the one that nft prints.
enum Symbols {
  static let protocolFamily = [Symbol(2, "ipv4"), Symbol(10, "ipv6")]

  static let etherType = [
    Symbol(0x0800, "ip"), Symbol(0x0806, "arp"), Symbol(0x86dd, "ip6"), Symbol(0x8100, "8021q"),
    Symbol(0x88a8, "8021ad"),
  ]

  static let arpOperation = [
    Symbol(1, "request"), Symbol(2, "reply"), Symbol(3, "rrequest"), Symbol(4, "rreply"),
    Symbol(8, "inrequest"), Symbol(9, "inreply"), Symbol(10, "nak"),
  ]

  /// Those that nft's grammar knows by itself: the others' names depend on /etc/protocols.
  static let transportProtocol = [
    Symbol(1, "icmp"), Symbol(2, "igmp"), Symbol(6, "tcp"), Symbol(17, "udp"), Symbol(33, "dccp"),
    Symbol(47, "gre"), Symbol(50, "esp"), Symbol(51, "ah"), Symbol(58, "icmpv6"),
    Symbol(108, "comp"), Symbol(132, "sctp"), Symbol(136, "udplite"),
  ]

  static let icmpType = [
    Symbol(0, "echo-reply"), Symbol(3, "destination-unreachable"), Symbol(4, "source-quench"),
    Symbol(5, "redirect"), Symbol(8, "echo-request"), Symbol(9, "router-advertisement"),
    Symbol(10, "router-solicitation"), Symbol(11, "time-exceeded"),
    Symbol(12, "parameter-problem"), Symbol(13, "timestamp-request"),
    Symbol(14, "timestamp-reply"), Symbol(15, "info-request"), Symbol(16, "info-reply"),
    Symbol(17, "address-mask-request"), Symbol(18, "address-mask-reply"),
  ]

  static let icmpv6Type = [
    Symbol(1, "destination-unreachable"), Symbol(2, "packet-too-big"), Symbol(3, "time-exceeded"),
    Symbol(4, "parameter-problem"), Symbol(128, "echo-request"), Symbol(129, "echo-reply"),
    Symbol(130, "mld-listener-query"), Symbol(131, "mld-listener-report"),
    Symbol(132, "mld-listener-done"), Symbol(133, "nd-router-solicit"),
    Symbol(134, "nd-router-advert"), Symbol(135, "nd-neighbor-solicit"),
    Symbol(136, "nd-neighbor-advert"), Symbol(137, "nd-redirect"),
    Symbol(138, "router-renumbering"), Symbol(141, "ind-neighbor-solicit"),
    Symbol(142, "ind-neighbor-advert"), Symbol(143, "mld2-listener-report"),
  ]

  /// Codes of ICMPv4's destination unreachable, as `reject` takes them.
  static let icmpRejectCode = [
    Symbol(0, "net-unreachable"), Symbol(1, "host-unreachable"), Symbol(2, "prot-unreachable"),
    Symbol(3, "port-unreachable"), Symbol(9, "net-prohibited"), Symbol(10, "host-prohibited"),
    Symbol(13, "admin-prohibited"), Symbol(4, "frag-needed"),
  ]

  static let icmpv6RejectCode = [
    Symbol(0, "no-route"), Symbol(1, "admin-prohibited"), Symbol(3, "addr-unreachable"),
    Symbol(4, "port-unreachable"), Symbol(5, "policy-fail"), Symbol(6, "reject-route"),
  ]

  static let icmpxRejectCode = [
    Symbol(0, "no-route"), Symbol(1, "port-unreachable"), Symbol(2, "host-unreachable"),
    Symbol(3, "admin-prohibited"),
  ]

  static let igmpType = [
    Symbol(17, "membership-query"), Symbol(18, "membership-report-v1"),
    Symbol(22, "membership-report-v2"), Symbol(34, "membership-report-v3"),
    Symbol(23, "leave-group"),
  ]

  static let tcpFlags = Symbol.bits(["fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"])

  static let dccpType = Symbol.counting([
    "request", "response", "data", "ack", "dataack", "closereq", "close", "reset", "sync",
    "syncack",
  ])

  static let mobilityType = Symbol.counting([
    "binding-refresh-request", "home-test-init", "careof-test-init", "home-test", "careof-test",
    "binding-update", "binding-acknowledgement", "binding-error", "fast-binding-update",
    "fast-binding-acknowledgement", "fast-binding-advertisement", "experimental-mobility-header",
    "home-agent-switch-message",
  ])

  static let hardwareType = [
    Symbol(1, "ether"), Symbol(512, "ppp"), Symbol(768, "ipip"), Symbol(769, "ipip6"),
    Symbol(772, "loopback"), Symbol(776, "sit"), Symbol(778, "ipgre"),
  ]

  static let conntrackState = [
    Symbol(1, "invalid"), Symbol(2, "established"), Symbol(4, "related"), Symbol(8, "new"),
    Symbol(0x40, "untracked"),
  ]

  static let conntrackDirection = [Symbol(0, "original"), Symbol(1, "reply")]

  static let conntrackStatus = [
    Symbol(1, "expected"), Symbol(2, "seen-reply"), Symbol(4, "assured"), Symbol(8, "confirmed"),
    Symbol(0x10, "snat"), Symbol(0x20, "dnat"), Symbol(0x200, "dying"),
  ]

  /// Bits are those of `enum ip_conntrack_events`.
  static let conntrackEvent = [
    Symbol(1 << 0, "new"), Symbol(1 << 1, "related"), Symbol(1 << 2, "destroy"),
    Symbol(1 << 3, "reply"), Symbol(1 << 4, "assured"), Symbol(1 << 5, "protoinfo"),
    Symbol(1 << 6, "helper"), Symbol(1 << 7, "mark"), Symbol(1 << 8, "seqadj"),
    Symbol(1 << 9, "secmark"), Symbol(1 << 10, "label"),
  ]

  static let packetType = [
    Symbol(0, "host"), Symbol(1, "broadcast"), Symbol(2, "multicast"), Symbol(3, "other"),
  ]

  static let dscp = [
    Symbol(0x00, "cs0"), Symbol(0x08, "cs1"), Symbol(0x10, "cs2"), Symbol(0x18, "cs3"),
    Symbol(0x20, "cs4"), Symbol(0x28, "cs5"), Symbol(0x30, "cs6"), Symbol(0x38, "cs7"),
    Symbol(0x01, "lephb"), Symbol(0x0a, "af11"), Symbol(0x0c, "af12"), Symbol(0x0e, "af13"),
    Symbol(0x12, "af21"), Symbol(0x14, "af22"), Symbol(0x16, "af23"), Symbol(0x1a, "af31"),
    Symbol(0x1c, "af32"), Symbol(0x1e, "af33"), Symbol(0x22, "af41"), Symbol(0x24, "af42"),
    Symbol(0x26, "af43"), Symbol(0x2c, "va"), Symbol(0x2e, "ef"),
  ]

  static let ecn = [
    Symbol(0, "not-ect"), Symbol(1, "ect1"), Symbol(2, "ect0"), Symbol(3, "ce"),
  ]

  static let fibType = Symbol.counting([
    "unspec", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable",
    "prohibit",
  ])

  static let boolean = [Symbol(1, "exists"), Symbol(0, "missing")]

  static let day = Symbol.counting([
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ])

  /// syslog's levels, and `NFT_LOGLEVEL_AUDIT`.
  static let logLevel = Symbol.counting([
    "emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit",
  ])

  /// `NFT_OBJECT_*`, with the words that refer to an object in a rule.
  static let objectReference = [
    Symbol(1, "counter name"), Symbol(2, "quota name"), Symbol(3, "ct helper set"),
    Symbol(4, "limit name"), Symbol(7, "ct timeout set"), Symbol(8, "meta secmark set"),
    Symbol(9, "ct expectation set"), Symbol(10, "synproxy name"),
  ]

  /// `NFT_OBJECT_*`, with the words that declare an object, or a map of them.
  static let objectType = [
    Symbol(1, "counter"), Symbol(2, "quota"), Symbol(3, "ct helper"), Symbol(4, "limit"),
    Symbol(7, "ct timeout"), Symbol(8, "secmark"), Symbol(9, "ct expectation"),
    Symbol(10, "synproxy"),
  ]

  /// Keys of `ipsec` (`enum nft_xfrm_keys`).
  static let transformKey = [
    Symbol(1, "ip daddr"), Symbol(2, "ip6 daddr"), Symbol(3, "ip saddr"), Symbol(4, "ip6 saddr"),
    Symbol(5, "reqid"), Symbol(6, "spi"),
  ]

  static func name(_ value: some BinaryInteger, in table: [Symbol]) -> String? {
    let value = UInt64(truncatingIfNeeded: value)
    return table.first { $0.value == value }?.name
  }
}
