internal import Model

/// Causes that lie with the sockets of the target.
extension ExplainPage {
  static let connected = ExplainPage(
    "the handshake was completed",
    """
    Something took the connection, and packets pass in both directions; for UDP, an answer came. \
    The kernel completes handshakes before the program accepts them, so a program that hangs looks \
    open until its accept queue is full.
    """,
    states: [.open],
    others: [
      "nc, telnet": "nc -v: \"succeeded!\"; telnet: \"Connected to HOST.\"",
      "nmap": "open (syn-ack)",
      "ss": "a line with LISTEN on the target",
    ],
    commands: [
      "nc -vz -w 3 HOST PORT": "the same handshake",
      "reach HOST PORT --banner": "what the service says first",
      "ss -lntp 'sport = :PORT'": "on the target: Recv-Q should stay near 0",
    ],
    remedies: [
      "Nothing, if the service answers.",
      """
      If it connects and then stays silent or hangs up, look at the service's own log and access \
      rules: no packet filter is in the way.
      """,
    ])

  static let allowed = ExplainPage(
    "something listens and nothing objects, by evidence",
    """
    No handshake was made from that source. Sockets, rules and routes of this host were asked \
    instead, for the packet and for its answer, and all of them let it pass. What lies between this \
    host and the source is not seen.
    """,
    states: [.open],
    others: [
      "nc, telnet": "connect, when run on that source, unless something on the way objects",
      "nmap": "open (syn-ack), likewise",
      "ss": "a line with LISTEN on the target",
    ],
    commands: [
      "ss -lntup 'sport = :PORT'": "who listens, on which address",
      "reach simulate --in IFACE --from ADDR --to ADDR:PORT": "every rule that it meets",
      "tcpdump -ni any 'port PORT'": "whether its packets arrive at all",
    ],
    remedies: [
      "Nothing on this host.",
      """
      If it fails from there all the same, and tcpdump sees no packet arrive, look between: a \
      router, a provider's filter, a cloud security group.
      """,
    ])

  static let noListener = ExplainPage(
    "nothing is bound to that port",
    """
    No socket of the target has the port, and no firewall is in the way: the kernel itself answers, \
    a TCP packet with a reset, a datagram with ICMP port-unreachable.
    """,
    states: [.closed],
    others: [
      "nc, telnet": "\"Connection refused\", at once",
      "nmap": "closed (reset; with -sT conn-refused)",
      "ss": "no line for the port",
      "ping": "answers as ever",
    ],
    commands: [
      "ss -lntup 'sport = :PORT'": "on the target: nothing",
      "ss -lntup": "whether the service has another port",
      "systemctl --failed": "whether its unit failed",
      "journalctl -b -e -u UNIT": "why it ended",
    ],
    remedies: [
      "Start the service: systemctl start UNIT (and enable it, to have it after a reboot).",
      "If it runs, correct the port in its configuration, or ask for the port that it has.",
    ])

  static let wrongAddress = ExplainPage(
    "the port is bound, but to another local address",
    """
    A socket takes only packets for the address that it is bound to: one on 127.0.0.1 answers this \
    host alone. For the address asked about nothing listens, and the kernel refuses.
    """,
    states: [.closed],
    others: [
      "nc, telnet": "\"Connection refused\" on this address, success on the other",
      "nmap": "closed (reset; with -sT conn-refused)",
      "ss": "LISTEN, with another address in the column Local Address:Port",
    ],
    commands: [
      "ss -lntp 'sport = :PORT'": "the address it is bound to",
      "ip -br address": "the addresses that this host has",
    ],
    remedies: [
      "Set the service's listen or bind address to the one asked for, or to 0.0.0.0 and [::], "
        + "and restart it.",
      "Look at the firewall first if that opens it to everybody.",
      "To use it from afar as it is: ssh -L PORT:127.0.0.1:PORT HOST.",
    ])

  static let wrongFamily = ExplainPage(
    "the port is bound for the other IP version only",
    """
    A socket on 0.0.0.0 takes IPv4 only. One on [::] takes both, unless IPV6_V6ONLY is set (by the \
    program, or by net.ipv6.bindv6only): then it takes IPv6 only.
    """,
    states: [.closed],
    others: [
      "nc, telnet": "with -4 \"Connection refused\" and with -6 success, or the other way round",
      "nmap": "closed for one version, open for the other (-6)",
      "ss": "0.0.0.0:PORT is IPv4, [::]:PORT is IPv6 only, *:PORT is both",
    ],
    commands: [
      "nc -4vz HOST PORT; nc -6vz HOST PORT": "one of them succeeds",
      "ss -lnte 'sport = :PORT'": "v6only:1 or v6only:0",
      "sysctl net.ipv6.bindv6only": "the default of programs that don't say",
    ],
    remedies: [
      "Let the service listen for both versions (in a systemd socket: BindIPv6Only=both).",
      "Or let the name have addresses of the served version only, or connect with -4 or -6.",
    ])

  static let wrongDevice = ExplainPage(
    "the port is bound to another interface",
    """
    The socket was tied to a device (SO_BINDTODEVICE) or to a VRF. A packet that comes in by another \
    one does not find it, and is refused as if nothing listened.
    """,
    states: [.closed],
    others: [
      "nc, telnet": "\"Connection refused\" by way of the other interfaces",
      "nmap": "closed (reset; with -sT conn-refused)",
      "ss": "the device behind the address: 0.0.0.0%eth1:PORT",
    ],
    commands: [
      "ss -lntp 'sport = :PORT'": "the device after the %",
      "ip route get HOST": "on the client: the interface it leaves by",
      "ip -d link show type vrf": "the VRFs, if any",
      "sysctl net.ipv4.tcp_l3mdev_accept": "1: sockets without a device serve VRFs",
    ],
    remedies: [
      "Take the interface out of the service's settings (in a systemd socket: BindToDevice=).",
      "With VRFs: run the service inside (ip vrf exec NAME ...), or set tcp_l3mdev_accept to 1.",
    ])

  static let wrongProtocol = ExplainPage(
    "the port is bound for the other of TCP and UDP",
    """
    Ports of TCP and UDP are independent: a DNS server that has 53/udp need not have 53/tcp. The \
    protocol asked for has no socket on this port, the other one has.
    """,
    states: [.closed],
    others: [
      "nc": "\"Connection refused\" for TCP; nc -u seems to succeed",
      "nmap": "closed with -sS; with -sU open or open|filtered",
      "ss": "a line with -u but none with -t, or the other way round",
    ],
    commands: [
      "ss -lntup 'sport = :PORT'": "the first column is the protocol",
      "reach port PORT": "which protocol the port is meant for",
      "reach HOST PORT -u": "the check for UDP",
    ],
    remedies: [
      "Ask for the protocol that the service speaks: -u for UDP.",
      "If it should speak both, configure it so, and open both in the firewall.",
    ])

  static let otherNamespace = ExplainPage(
    "a listener exists, but in another network namespace",
    """
    Containers, and units with PrivateNetwork=, have a network of their own. Their listeners are \
    not the host's, and no NAT rule or proxy leads from this address and port to them.
    """,
    states: [.closed],
    others: [
      "nc, telnet": "\"Connection refused\"",
      "nmap": "closed (reset; with -sT conn-refused)",
      "ss": "no line on the host; one inside the namespace",
    ],
    commands: [
      "lsns -t net": "the namespaces, each with a process",
      "nsenter -n -t PID ss -lntp 'sport = :PORT'": "the sockets in one",
      "nsenter -n -t PID ip -br address": "the addresses in it",
      "docker ps": "which ports containers publish",
    ],
    remedies: [
      "Publish the port: docker run -p PORT:PORT, ports: in a compose file.",
      "Or connect to the container's own address, or add a DNAT rule.",
    ])

  static let backlogFull = ExplainPage(
    "it listens, but its accept queue is full",
    """
    The program does not accept connections as fast as they come, or not at all: it is stopped, \
    deadlocked, overloaded or out of file descriptors. The kernel drops further SYNs, silently, \
    whatever tcp_abort_on_overflow says.
    """,
    states: [.filtered],
    others: [
      "nc, telnet": "hang until they time out",
      "nmap": "filtered (no-response)",
      "ss": "LISTEN with Recv-Q above Send-Q",
    ],
    commands: [
      "ss -lntp 'sport = :PORT'": "Recv-Q waiting, Send-Q the limit",
      "nstat -az TcpExtListenOverflows": "grows with each SYN dropped so",
      "grep State /proc/PID/status": "T is stopped, D waits for a disk",
      "ls /proc/PID/fd | wc -l; grep files /proc/PID/limits": "descriptors, and the limit",
    ],
    remedies: [
      "Continue or restart the program, or give it more workers or descriptors.",
      """
      For short bursts a longer queue helps: the service's own backlog setting, capped by \
      net.core.somaxconn; both count from the next listen(2) on.
      """,
    ])
}
