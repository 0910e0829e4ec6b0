internal import Model

/// Causes that lie with routes and links, on this host or on the target.
extension ExplainPage {
  static let noRoute = ExplainPage(
    "no route leads to the target",
    """
    No entry of the routing tables covers the address, not even a default route, so that no packet \
    is sent at all. A throw route with nothing after it does the same. For IPv6 it usually means \
    that there is no IPv6 access.
    """,
    states: [.unreachable],
    others: [
      "nc, telnet": "\"Network is unreachable\", at once",
      "nmap": "\"failed to determine route\"; with -sT filtered (net-unreach)",
      "ping": "\"Network is unreachable\"",
    ],
    commands: [
      "ip route get HOST": "\"Network is unreachable\"",
      "ip route show table all": "the routes that there are (-6 for IPv6)",
      "ip rule": "which tables are asked, in which order",
    ],
    remedies: [
      "Add the route: ip route add PREFIX via GATEWAY, or ip route add default via GATEWAY.",
      "If it should have come by itself: look at DHCP, router advertisements or the VPN.",
      "If the name has both kinds of addresses, -4 avoids IPv6.",
    ])

  static let routeBlackhole = ExplainPage(
    "a blackhole route matches",
    """
    Somebody, often a VPN or a routing daemon, tells the kernel to discard packets for that network. \
    A local program gets EINVAL; packets that are forwarded vanish without an answer.
    """,
    states: [.unreachable],
    others: [
      "nc, telnet": "\"Invalid argument\", at once; behind a router with such a route they hang",
      "nmap": "\"failed to determine route\"; with -sT filtered (no-response)",
      "ping": "\"Invalid argument\"",
    ],
    commands: [
      "ip route get HOST": "\"Invalid argument\"",
      "ip route show table all type blackhole": "the routes (-6 for IPv6)",
      "ip rule": "a rule may be a blackhole too",
    ],
    remedies: [
      "Delete it: ip route del blackhole PREFIX; a daemon that made it will make it again.",
      "Or add a more specific route for what should pass.",
    ])

  static let routeUnreachable = ExplainPage(
    "an unreachable route matches",
    """
    A route of the type unreachable tells the kernel to say that there is no such host. Routing \
    daemons add them for networks that are theirs, but not in use.
    """,
    states: [.unreachable],
    others: [
      "nc, telnet": "\"No route to host\", at once (not after 3 seconds, as for a dead neighbour)",
      "nmap": "\"failed to determine route\"; with -sT filtered (host-unreach)",
      "ping": "\"No route to host\"",
    ],
    commands: [
      "ip route get HOST": "\"No route to host\"",
      "ip route show table all type unreachable": "the routes (-6 for IPv6)",
      "ip rule": "a rule may be unreachable too",
    ],
    remedies: [
      "Delete it: ip route del unreachable PREFIX; a daemon that made it will make it again.",
      "Or add a more specific route for what should pass.",
    ])

  static let routeProhibit = ExplainPage(
    "a prohibit route or rule matches",
    """
    The routing tables forbid that network: connect(2) fails with EACCES, and to those whose packets \
    are forwarded an ICMP administratively-prohibited error is sent. VPN kill switches work so.
    """,
    states: [.unreachable],
    others: [
      "nc, telnet": "\"Permission denied\", at once, for root as well",
      "nmap": "with -sT filtered (admin-prohibited), as if somebody else had said so",
      "ping": "\"Permission denied\"",
    ],
    commands: [
      "ip route get HOST": "\"Permission denied\"",
      "ip route show table all type prohibit": "the routes (-6 for IPv6)",
      "ip rule": "a rule may prohibit, for a user or a mark",
    ],
    remedies: [
      "Delete the route or rule (ip route del prohibit PREFIX), or stop what made it.",
      "With a VPN: connect it; the switch is there to hold everything back while it is down.",
    ])

  static let interfaceDown = ExplainPage(
    "the interface is down or without carrier",
    """
    The way leads out of an interface that is switched off, or that has no link: a cable, a switch \
    port, the other end of a veth pair. Switched off, its routes are gone; without carrier they \
    stay, and nothing answers.
    """,
    states: [.unreachable],
    others: [
      "nc, telnet": "\"No route to host\" after 3 seconds, or \"Network is unreachable\" at once",
      "nmap": "\"Host seems down\"",
      "ping": "\"Destination Host Unreachable\", from this host's own address",
    ],
    commands: [
      "ip -br link": "DOWN, or NO-CARRIER among the flags",
      "ip route get HOST": "the interface; linkdown marks a dead one",
      "journalctl -k -e": "when the link went",
    ],
    remedies: [
      "Switch it on: ip link set IFACE up.",
      "Without carrier: look at the cable, the switch port, the other end, the virtual machine.",
    ])

  static let neighbourFailed = ExplainPage(
    "the next hop does not answer ARP or neighbour discovery",
    """
    The next hop should be on the same link, and nobody there says that the address is his: the host \
    is off, the address or the prefix length wrong, the VLAN another one. The kernel asks three times, \
    a second apart, then gives up.
    """,
    states: [.unreachable],
    others: [
      "nc, telnet": "\"No route to host\" after about 3 seconds",
      "nmap": "\"Host seems down\"; with -Pn -sT filtered (host-unreach)",
      "ping": "\"Destination Host Unreachable\", from this host's own address",
    ],
    commands: [
      "ip neigh show": "FAILED or INCOMPLETE for the next hop",
      "ip route get HOST": "which next hop that is",
      "tcpdump -ni IFACE 'arp or icmp6'": "questions without answers",
    ],
    remedies: [
      "Look at the other host: is it on, has it that address, is it on that VLAN?",
      "Compare prefix lengths on both sides: ip -br address.",
      """
      If only IPv6 fails, a firewall may drop neighbour discovery: icmpv6 type { nd-neighbor-solicit, \
      nd-neighbor-advert } accept.
      """,
    ])

  static let noReturnRoute = ExplainPage(
    "the target has no way back to the source",
    """
    The packet arrives, but the answer can't be sent: no route of the target leads to the source, or \
    one that discards. To the client it is the same silence as a firewall's.
    """,
    states: [.unreachable],
    others: [
      "nc, telnet": "hang until they time out",
      "nmap": "filtered (no-response)",
      "tcpdump": "on the target: SYNs arrive, no answer leaves",
    ],
    commands: [
      "ip route get ADDR": "on the target, with the client's address",
      "ip route show table all; ip rule": "what is there instead",
      "tcpdump -ni any 'port PORT'": "what arrives and what leaves",
    ],
    remedies: [
      "Give the target a route to the client's network, or a default route.",
      "Or let the router before it masquerade, so that the source is one it knows.",
    ])

  static let reversePath = ExplainPage(
    "the reverse-path filter discards it for its source",
    """
    With rp_filter the target takes an IPv4 packet only by the interface through which it would \
    answer (1, strict), or only if it has any route to the source (2, loose). The larger of the \
    values for all and for the interface counts. Hosts with two links fall for it.
    """,
    states: [.blocked, .filtered],
    others: [
      "nc, telnet": "hang until they time out",
      "nmap": "filtered (no-response)",
      "tcpdump": "shows the packet arrive; chains of the input hook never see it",
    ],
    commands: [
      "sysctl -ar '\\.rp_filter$'": "0 off, 1 strict, 2 loose",
      "ip route get ADDR": "the interface towards the source",
      "nstat -az TcpExtIPReversePathFilter": "grows with each packet dropped so",
    ],
    remedies: [
      "Make the routes symmetric: a route to the source by the interface it comes from, or a "
        + "rule and table of its own for each link (ip rule add from ADDR table N).",
      "Or loosen it: sysctl -w net.ipv4.conf.IFACE.rp_filter=2.",
    ])

  static let forwardingDisabled = ExplainPage(
    "it would have to be forwarded, and forwarding is off",
    """
    Its destination (after NAT) is not an address of this host, and this host is no router. The \
    kernel drops it without an answer. For IPv4 the setting of the interface by which it arrives \
    decides, for IPv6 that of all. The answers need it as well, on their way back.
    """,
    states: [.blocked, .filtered],
    others: [
      "nc, telnet": "hang until they time out",
      "nmap": "filtered (no-response)",
      "tcpdump": "shows it arrive on one interface and leave by none",
    ],
    commands: [
      "sysctl net.ipv4.conf.IFACE.forwarding": "0: not forwarded",
      "sysctl net.ipv6.conf.all.forwarding": "the same for IPv6",
      "ip route get ADDR from ADDR iif IFACE": "where it would go",
    ],
    remedies: [
      "Switch it on: sysctl -w net.ipv4.ip_forward=1 (all interfaces), or for one of them; "
        + "for IPv6 net.ipv6.conf.all.forwarding=1.",
      "Keep it with a file in /etc/sysctl.d, and mind the forward chain: all that passes is open.",
    ])

  static let martian = ExplainPage(
    "the kernel discards it for its addresses",
    """
    A packet from outside may not have this host's own address, a loopback address, 0.0.0.0/8, a \
    multicast or broadcast address as its source, and not 127.0.0.0/8 as its destination: a martian, \
    spoofed or gone astray.
    """,
    states: [.blocked, .filtered],
    others: [
      "nc, telnet": "hang until they time out",
      "nmap": "filtered (no-response)",
      "tcpdump": "shows it arrive",
    ],
    commands: [
      "sysctl -w net.ipv4.conf.all.log_martians=1": "has the kernel log them",
      "journalctl -k -g martian": "what it logged",
      "sysctl -ar '\\.(accept_local|route_localnet)$'": "what would allow it",
    ],
    remedies: [
      "Find who sends it: a loop of bridges, an address that two hosts have, a NAT rule.",
      """
      DNAT to 127.0.0.1 needs net.ipv4.conf.IFACE.route_localnet=1; it also opens what was thought \
      local, so rather let the service listen on the interface's address.
      """,
    ])
}
