internal import Model

/// Causes that are known from what came back, or did not.
extension ExplainPage {
  static let hostUnreachable = ExplainPage(
    "a router says that it can't reach the host",
    """
    An ICMP host-unreachable (type 3 code 1; ICMPv6 type 1 code 3) came back. Its sender, which the \
    result names, is the last hop: it got no answer to ARP or neighbour discovery, or has an \
    unreachable route. A firewall can send the same error by choice.
    """,
    states: [.unreachable],
    others: [
      "nc, telnet": "\"No route to host\", often after about 3 seconds",
      "nmap": "filtered (host-unreach)",
      "ping": "\"From ADDR icmp_seq=1 Destination Host Unreachable\"",
    ],
    commands: [
      "tcpdump -vni any 'icmp or icmp6'": "the error, and who sends it",
      "tracepath -n HOST": "where the way ends",
      "ip neigh show": "on that router: FAILED for the host",
    ],
    remedies: [
      "See whether the host is on, and has that address on that network.",
      "Look at the router that sent the error: its routes, neighbours and rules.",
    ])

  static let netUnreachable = ExplainPage(
    "a router says that it has no route",
    """
    An ICMP net-unreachable (type 3 code 0; ICMPv6 type 1 code 0) came back from a router on the way, \
    which the result names: its tables have nothing for that address. A firewall can send the same \
    error by choice.
    """,
    states: [.unreachable],
    others: [
      "nc, telnet": "\"Network is unreachable\"; not at once as without an own route, but after "
        + "one round trip",
      "nmap": "filtered (net-unreach)",
      "ping": "\"From ADDR icmp_seq=1 Destination Net Unreachable\"",
    ],
    commands: [
      "tcpdump -vni any 'icmp or icmp6'": "the error, and who sends it",
      "ip route get HOST": "whether the right gateway is used",
      "tracepath -n HOST": "where the way ends",
    ],
    remedies: [
      "Correct the routes of the router that sent the error.",
      "If packets should not go there at all, correct the route on this host.",
    ])

  static let ttlExceeded = ExplainPage(
    "it ran in circles until its time to live was over",
    """
    An ICMP time-exceeded came back: two or more routers send the packet to each other. Rarely a rule \
    sets too low a TTL, or the packet was made with one.
    """,
    states: [.unreachable],
    others: [
      "nc, telnet": "\"No route to host\"",
      "nmap": "filtered (time-exceeded)",
      "ping": "\"Time to live exceeded\"",
    ],
    commands: [
      "tracepath -n HOST": "the same addresses again and again",
      "ip route get HOST": "on each of the routers",
      "sysctl net.ipv4.ip_default_ttl": "64, if nobody changed it",
      "nft list ruleset | grep -E 'ttl set|hoplimit set'": "rules that set it",
    ],
    remedies: [
      "Correct the route on one of the routers of the loop; often a default route takes back what "
        + "a more specific route should keep.",
      "Give a network that is only partly in use a blackhole route on its own router.",
    ])

  static let portUnreachable = ExplainPage(
    "an ICMP port-unreachable came back",
    """
    For UDP nothing listens on the port, or a firewall says so. For TCP it is a firewall, since a \
    host itself answers with a reset: it is what a plain reject in nft and iptables sends. The \
    result names the sender.
    """,
    states: [.refused, .blocked],
    others: [
      "nc, telnet": "\"Connection refused\"; they can't tell it from a reset",
      "nmap": "filtered (port-unreach); with -sT closed (conn-refused); with -sU closed",
      "ss": "on the target: whether something listens",
    ],
    commands: [
      "tcpdump -vni any 'icmp or icmp6'": "the error, and who sends it",
      "nft -a list ruleset | grep reject": "on the sender: the rule",
      "ss -lnup 'sport = :PORT'": "on the target, for UDP",
    ],
    remedies: [
      "TCP: correct the firewall on the host that sent the error.",
      "UDP: start the service, or correct the firewall; reach on the target knows which.",
    ])

  static let icmpProhibited = ExplainPage(
    "an ICMP error says that it is prohibited",
    """
    A firewall on the host that the result names rejects the packet as administratively prohibited \
    (ICMP type 3 code 9, 10 or 13; ICMPv6 type 1 code 1, 5 or 6): firewalld does so, routers with \
    access lists, and prohibit routes.
    """,
    states: [.refused, .blocked],
    others: [
      "nc, telnet": "IPv4: \"No route to host\", though there is one; IPv6: \"Permission denied\"",
      "nmap": "filtered (admin-prohibited; with -sT on IPv4 host-unreach)",
      "ping": "if it is rejected too: \"Packet filtered\"",
    ],
    commands: [
      "tcpdump -vni any 'icmp or icmp6'": "the error, and who sends it",
      "nft -a list ruleset | grep -E 'reject|REJECT'": "on the sender",
      "firewall-cmd --get-active-zones": "on the sender, with firewalld",
    ],
    remedies: [
      "On the sender let it pass: firewall-cmd --zone=ZONE --add-port=PORT/tcp, or the like.",
      "If the sender is a router, its access list is meant, and its administrator to be asked.",
    ])

  static let protocolUnreachable = ExplainPage(
    "an ICMP protocol-unreachable came back",
    """
    The error (type 3 code 2) says that the host does not speak the protocol at all. For TCP and UDP \
    that is never true: a firewall rejects so.
    """,
    states: [.refused],
    others: [
      "nc, telnet": "\"Protocol not available\"",
      "nmap": "filtered (proto-unreach)",
      "tcpdump": "the error: \"protocol 6 unreachable\"",
    ],
    commands: [
      "tcpdump -vni any 'icmp'": "the error, and who sends it",
      "nft -a list ruleset | grep prot-unreachable": "on the sender: the rule",
      "iptables-save | grep proto-unreach": "the same from iptables",
    ],
    remedies: [
      "Correct the rule on the host that sent the error.",
      "If it should reject: with tcp reset, or with icmpx port-unreachable, says less oddly no.",
    ])

  static let remoteReset = ExplainPage(
    "a TCP reset came back, and nothing more is known",
    """
    Either nothing listens on that address and port of the target, or a firewall answers with a \
    reset in its place (reject with tcp reset). From here the two look the same.
    """,
    states: [.refused, .blocked],
    others: [
      "nc, telnet": "\"Connection refused\", at once",
      "nmap": "closed (reset; with -sT conn-refused)",
      "tcpdump": "the answer has the flags [R.]",
    ],
    commands: [
      "ss -lntp 'sport = :PORT'": "on the target: whether something listens",
      "tcpdump -vni any 'tcp port PORT'": "here: a ttl unlike ping's is a firewall's reset",
      "sudo reach HOST PORT --from ADDR": "on the target, with this host's address",
    ],
    remedies: [
      "Ask on the target itself: reach sees its sockets and its rules there.",
      "Start the service there, or let its firewall accept this host.",
    ])

  static let noAnswer = ExplainPage(
    "silence, and nothing more is known",
    """
    No answer came in time. A firewall drops the packet (on the way, at the target, or at a cloud \
    provider), the host is off, the answer takes another way and is lost, or the accept queue is \
    full. For UDP silence is also what many services answer to a question they don't know.
    """,
    states: [.filtered, .openOrFiltered, .blocked],
    others: [
      "nc, telnet": "hang; the kernel gives up after two minutes: \"Connection timed out\"",
      "nmap": "filtered (no-response); with -sU open|filtered",
      "ss": "SYN-SENT on the client",
      "ping": "an answer shows that the host lives, no answer shows nothing",
    ],
    commands: [
      "tcpdump -ni any 'port PORT'": "on the target: whether it arrives, and is answered",
      "reach HOST 1-1024 -w 1": "a port that is refused shows that the host lives",
      "sudo reach HOST PORT --from ADDR": "on the target, with this host's address",
    ],
    remedies: [
      "Ask on the target: if packets arrive, its own rules, routes or sockets are the reason.",
      "If none arrives, look between: security groups, routers, this host's output chain.",
    ])
}
