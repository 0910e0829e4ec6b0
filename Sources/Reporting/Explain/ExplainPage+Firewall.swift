internal import Model

/// Causes that lie with a packet filter or with NAT.
extension ExplainPage {
  static let firewallDrop = ExplainPage(
    "a rule or a chain policy of nftables drops it",
    """
    The packet, or the answer to it, is thrown away without a word. An accept in one base chain is \
    not enough: every base chain of every hook on the way has its say, and one drop is final. The \
    result names the chain and the rule's handle, and whether the answer is meant.
    """,
    states: [.blocked, .filtered],
    others: [
      "nc, telnet": "hang until they time out; UDP dropped on its way out of this host gives "
        + "\"Operation not permitted\"",
      "nmap": "filtered (no-response)",
      "ss": "LISTEN on the target as ever; SYN-SENT on the client",
      "ping": "may well answer: other rules decide on ICMP",
      "tcpdump": "shows the packet arrive at the host that drops it",
    ],
    commands: [
      "nft -a list ruleset": "the rules with their handles",
      "reach simulate --in IFACE --from ADDR --to ADDR:PORT": "the way through them",
      "nft monitor trace": "live, for packets with meta nftrace set 1",
    ],
    remedies: [
      """
      Let it pass before that rule: nft insert rule FAMILY TABLE CHAIN position HANDLE tcp dport \
      PORT accept. The check prints the command filled in.
      """,
      """
      If a program owns the chain use that: ufw allow PORT/tcp, firewall-cmd --add-port=PORT/tcp. \
      Else write the rule into /etc/nftables.conf as well.
      """,
    ])

  static let firewallReject = ExplainPage(
    "a rule of nftables rejects it",
    """
    The packet is dropped, and an error is sent back: a TCP reset, or an ICMP error of the rule's \
    choosing. To the client a reset looks like a port where nothing listens.
    """,
    states: [.blocked, .refused],
    others: [
      "nc, telnet": "\"Connection refused\" for a reset or port-unreachable; for admin-prohibited "
        + "\"No route to host\" (IPv6: \"Permission denied\")",
      "nmap": "closed for a reset; filtered with the ICMP error's name else (with -sT "
        + "port-unreach counts as closed)",
      "ss": "LISTEN on the target, if something listens",
    ],
    commands: [
      "nft -a list ruleset | grep reject": "the rules, with their handles",
      "tcpdump -ni any 'icmp or icmp6 or tcp[tcpflags] & tcp-rst != 0'":
        "the error, and its sender",
    ],
    remedies: [
      """
      Let it pass before that rule: nft insert rule FAMILY TABLE CHAIN position HANDLE tcp dport \
      PORT accept. The check prints the command filled in.
      """,
      """
      If a program owns the chain use that: firewall-cmd --add-port=PORT/tcp (and again with \
      --permanent), ufw allow PORT/tcp.
      """,
    ])

  static let firewallQueue = ExplainPage(
    "a rule hands it to a userspace queue that nobody reads",
    """
    The rule leaves the verdict to a program (an intrusion prevention system, a filter of one's \
    own) that is not running. Without bypass the kernel then drops the packet.
    """,
    states: [.blocked, .filtered],
    others: [
      "nc, telnet": "hang until they time out",
      "nmap": "filtered (no-response)",
      "ss": "LISTEN on the target as ever",
    ],
    commands: [
      "nft -a list ruleset | grep queue": "the rules, and the queues' numbers",
      "cat /proc/net/netfilter/nfnetlink_queue": "queues that are read, by number",
      "iptables-save | grep NFQUEUE": "the same from iptables",
    ],
    remedies: [
      "Start the program that should read the queue, and look why it ended.",
      """
      To let packets pass while it is away: queue flags bypass to NUMBER in nft, --queue-bypass in \
      iptables.
      """,
    ])

  static let legacyIptables = ExplainPage(
    "a table of iptables-legacy drops or rejects it",
    """
    The old ip_tables of the kernel are still in use beside nftables. A packet must pass both, and \
    nft list ruleset shows nothing of the old ones; on Debian iptables writes nftables, so that it \
    does not show them either.
    """,
    states: [.blocked, .filtered, .refused],
    others: [
      "nc, telnet": "hang for DROP, \"Connection refused\" for most kinds of REJECT",
      "nmap": "filtered, or closed where REJECT sends a reset",
      "ss": "LISTEN on the target as ever",
      "iptables": "warns that iptables-legacy tables are present",
    ],
    commands: [
      "iptables-legacy-save -c": "the rules, with their counters",
      "ip6tables-legacy-save -c": "those for IPv6",
      "cat /proc/net/ip_tables_names": "the tables in use (root only)",
    ],
    remedies: [
      "Change the rule where it is: iptables-legacy -I CHAIN -p tcp --dport PORT -j ACCEPT.",
      """
      Better have one kind only: iptables-legacy-save | iptables-nft-restore, then flush the old \
      ones (iptables-legacy -P INPUT ACCEPT first) and stop what writes them.
      """,
    ])

  static let conditional = ExplainPage(
    "it depends on something that can't be foretold",
    """
    A rule on the way asks for a rate, a quota, a number of connections, chance, the time of day or a \
    program's verdict. The state is the likeliest one, and what it hangs on is listed beneath.
    """,
    states: [.open, .blocked, .filtered, .refused],
    others: [
      "nc, telnet": "succeed at one time and not at another",
      "nmap": "open at one time, filtered at another; a scan may itself exceed the rate",
      "ss": "LISTEN on the target as ever",
    ],
    commands: [
      "nft -a list ruleset | grep -E 'limit|quota|numgen|ct count'": "the usual rules",
      "nft list sets": "who is in a set that rules fill",
      "for i in 1 2 3 4 5; do nc -vz -w 2 HOST PORT; done": "whether it varies",
    ],
    remedies: [
      "Read the conditions that the result lists, and see which of them holds now.",
      "Raise the limit, take your address out of the set, or accept it before that rule.",
    ])

  static let natTargetClosed = ExplainPage(
    "NAT sends it to where nothing listens",
    """
    A dnat or redirect rule changes the destination, and the new address and port have no listener: \
    a container that was stopped, a wrong port in the rule. A service on the original port does not \
    matter, since the packet never gets there.
    """,
    states: [.closed],
    others: [
      "nc, telnet": "\"Connection refused\"; they hang if the new target does not exist",
      "nmap": "closed (reset), or filtered",
      "ss": "no LISTEN at the new target",
    ],
    commands: [
      "nft -a list ruleset | grep -E 'dnat|redirect|DNAT|REDIRECT'": "where it is sent",
      "conntrack -L -p tcp --dport PORT": "where it was sent just now",
      "ss -lntp 'sport = :PORT'": "with the new port, where that leads",
    ],
    remedies: [
      "Start what should listen there, or correct or delete the NAT rule.",
      "After a change old UDP flows keep their target: conntrack -D -p udp --dport PORT.",
    ])

  static let firewallUnknown = ExplainPage(
    "something listens, but the rules could not be read",
    """
    The kernel shows its ruleset only to those who have CAP_NET_ADMIN. Without it, and without a \
    probe that shows the way to be free, the state stays open.
    """,
    states: [.unknown, .openOrFiltered],
    others: [
      "nft": "\"Operation not permitted (you must be root)\"",
      "nc, nmap": "show what becomes of a packet from here, for TCP",
      "ss": "LISTEN: sockets may be read by anybody",
    ],
    commands: [
      "sudo nft list ruleset": "the rules",
      "grep CapEff /proc/self/status": "bit 12 (0x1000) is CAP_NET_ADMIN",
      "nc -vz -w 3 HOST PORT": "a probe, which asks no rule by name",
    ],
    remedies: [
      "Ask again with sudo.",
      "Or leave --no-probe and --no-firewall out, so that a packet is sent.",
    ])

  static let otherFilter = ExplainPage(
    "a filter that is not netfilter can drop it",
    """
    An XDP program, a tc filter, a BPF program of a cgroup (IPAddressDeny= of a unit, a container \
    engine) or an IPsec policy stands in the way. It is named, but what it does to this packet is \
    not evaluated.
    """,
    states: [.blocked, .filtered, .open],
    others: [
      "nc, telnet": "hang; with a cgroup program on connect \"Operation not permitted\", at once",
      "nmap": "filtered (no-response)",
      "nft": "its counters don't move: it is asked before, or after",
      "tcpdump": "sees nothing of what XDP drops on arrival",
    ],
    commands: [
      "ip -d link show IFACE": "xdp, with the program's id",
      "tc filter show dev IFACE ingress": "tc (and egress)",
      "ip xfrm policy": "IPsec: plain packets may be unwanted",
      "systemctl show -p IPAddressAllow,IPAddressDeny UNIT": "systemd's filter",
    ],
    remedies: [
      "Take it away for a moment and ask again: ip link set IFACE xdp off.",
      "Look into the program's own tool: bpftool net, bpftool cgroup tree, ipsec status.",
    ])
}
