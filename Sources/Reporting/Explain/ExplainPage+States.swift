internal import Model

/// The states.
extension ExplainPage {
  static let open = ExplainPage(
    "something listens, and packet and answer get through",
    """
    A handshake was made, or, for a source other than this host, sockets, rules and routes all say \
    yes. What the service then does with you is its own affair.
    """,
    others: [
      "nc, telnet": "connect",
      "nmap": "open (syn-ack)",
      "ss": "LISTEN on the target",
    ],
    commands: [
      "nc -vz -w 3 HOST PORT": "the handshake",
      "ss -lntp 'sport = :PORT'": "on the target: who listens",
    ],
    remedies: ["Nothing. With OPEN? (conditional) read what it hangs on."])

  static let closed = ExplainPage(
    "nothing listens there, and no firewall is in the way",
    """
    Known from the target's socket table, not only from the answer. The packet gets there, and the \
    kernel refuses it; or it would, if one were sent.
    """,
    others: [
      "nc, telnet": "\"Connection refused\", at once",
      "nmap": "closed (reset)",
      "ss": "no LISTEN for that address, port, interface and protocol",
    ],
    commands: [
      "ss -lntup 'sport = :PORT'": "on the target",
      "systemctl --failed": "units that should run",
    ],
    remedies: [
      "Start the service, or correct the address that it is bound to: the cause says which."
    ])

  static let refused = ExplainPage(
    "the answer was a refusal, or would be one",
    """
    A reset or an ICMP error came back. That nothing listens there and that a firewall rejects can't \
    always be told apart from afar; the cause says what is known. Something on the way or at the \
    target is alive.
    """,
    others: [
      "nc, telnet": "\"Connection refused\"; after some ICMP errors \"No route to host\"",
      "nmap": "closed (reset), or filtered with the name of the ICMP error",
      "ss": "on the target: nothing listens, or nothing is known",
    ],
    commands: [
      "nc -vz -w 3 HOST PORT": "the refusal",
      "tcpdump -vni any 'host HOST'": "what came back, and from whom",
      "ss -lntup 'sport = :PORT'": "on the target: whether something listens",
    ],
    remedies: [
      "Run reach on the target: it tells a closed port from a firewall there.",
      "Start the service, or let the firewall accept it.",
    ])

  static let blocked = ExplainPage(
    "something listens, but a firewall is in the way",
    """
    The service is there, and is not the reason. What decides is named: a rule by its handle, the \
    policy of a chain, or what the kernel itself discards.
    """,
    others: [
      "nc, telnet": "hang, or \"Connection refused\", as if nothing listened",
      "nmap": "filtered, or closed: it can't know that something listens",
      "ss": "LISTEN on the target",
    ],
    commands: [
      "ss -lntp 'sport = :PORT'": "the listener",
      "nft -a list ruleset": "the rules with their handles",
      "reach HOST PORT --how": "the commands for this very port",
    ],
    remedies: ["Use the command that the check prints, or the tool that owns the chain."])

  static let filtered = ExplainPage(
    "silence: it is dropped on the way, or at the target",
    """
    No answer comes. If the rules on the way could be read the cause names the one; else all that is \
    known is that nobody answers in time.
    """,
    others: [
      "nc, telnet": "hang, after two minutes \"Connection timed out\"",
      "nmap": "filtered (no-response)",
      "ss": "SYN-SENT on the client",
    ],
    commands: [
      "nc -vz -w 3 HOST PORT": "times out",
      "tcpdump -ni any 'port PORT'": "on the target: whether it arrives",
      "nft list ruleset": "here and there: what could drop it",
    ],
    remedies: [
      "Run reach on the target with --from ADDR: if the packet gets that far, it says what drops it.",
      "If it does not arrive, look between: routers, security groups.",
    ])

  static let openOrFiltered = ExplainPage(
    "UDP without an answer: silent service, or a firewall",
    """
    A UDP service need not answer, and many ignore what they don't understand. A closed port usually \
    shows itself by ICMP port-unreachable, but that is rate-limited and often filtered.
    """,
    others: [
      "nc": "nc -uz says \"succeeded!\" unless an ICMP error comes: that proves nothing",
      "nmap": "-sU: open|filtered (no-response)",
      "ss": "-lnu on the target: UNCONN, if something listens",
    ],
    commands: [
      "ss -lnup 'sport = :PORT'": "on the target: whether something listens",
      "tcpdump -ni any 'udp port PORT'": "there: whether it arrives, and is answered",
    ],
    remedies: [
      "Ask with the service's own client (dig, ntpdate -q, snmpget): a real question is answered.",
      "Or run reach on the target: its sockets and rules settle it.",
    ])

  static let unreachable = ExplainPage(
    "there is no way to the target, or none back",
    """
    A route is missing or forbids it, a link is down, the next hop does not answer, or a router says \
    that it can't go on. The port does not matter: all ports of that host fare alike.
    """,
    others: [
      "nc, telnet": "\"No route to host\" or \"Network is unreachable\"",
      "nmap": "\"Host seems down\", or filtered (host-unreach, net-unreach)",
      "ping": "\"Destination Host Unreachable\", \"Network is unreachable\"",
    ],
    commands: [
      "ip route get HOST": "the way out, or why there is none",
      "ip -br link; ip neigh show": "links, and neighbours that FAILED",
      "tracepath -n HOST": "how far it goes",
    ],
    remedies: ["Repair the route or the link that the cause names; then ask again."])

  static let unknown = ExplainPage(
    "nothing could be learned",
    """
    No packet was sent or could be, and no other evidence settles it. It is not a verdict on the \
    port: the exit status is 3, not 1.
    """,
    others: [
      "nc, nmap": "the local error, if there was one",
      "ss": "what listens, if the target is this host",
    ],
    commands: [
      "sudo reach HOST PORT -v": "with all privileges, and every line of evidence"
    ],
    remedies: [
      "See the cause: a privilege, a probe or a free source port is missing.",
      "Run it with sudo, without --no-probe, or on the target itself.",
    ])
}
