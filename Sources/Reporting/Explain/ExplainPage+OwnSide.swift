internal import Model

/// Causes that lie with the asking side: names, privileges, the local kernel, the question itself.
extension ExplainPage {
  static let nameNotFound = ExplainPage(
    "the name has no address",
    """
    The resolver was asked, and knows no address of that name (of the IP version asked for). It is \
    misspelt, not in the search domains, or known to another resolver only: a VPN's, a container's. \
    Nothing was sent; the exit status is 68.
    """,
    others: [
      "nc, telnet": "\"Name or service not known\"",
      "nmap": "\"Failed to resolve\"",
      "ping": "\"Name or service not known\"",
    ],
    commands: [
      "getent ahosts HOST; echo $?": "2: not found, by the same way as all programs",
      "grep hosts: /etc/nsswitch.conf": "who is asked: files, dns, mymachines, ...",
      "cat /etc/resolv.conf": "the resolvers and the search domains",
    ],
    remedies: [
      "Correct the name, or use the full one (with its domain).",
      "Add it to the DNS zone or to /etc/hosts, or connect the VPN that knows it.",
    ])

  static let nameFailure = ExplainPage(
    "the resolver could not be asked",
    """
    Nobody said that the name does not exist: the question got no answer. The resolver is down, not \
    reachable, or port 53 is blocked on the way. A scope that names no interface (fe80::1%eth9) ends \
    here as well. The exit status is 68.
    """,
    others: [
      "nc, telnet": "a long pause, then \"Temporary failure in name resolution\"",
      "nmap": "\"Failed to resolve\"",
      "ping": "\"Temporary failure in name resolution\"",
    ],
    commands: [
      "cat /etc/resolv.conf": "which resolvers are asked",
      "reach ADDR 53 -u; reach ADDR 53": "whether one of them can be reached",
      "systemctl status systemd-resolved": "if the address is 127.0.0.53",
    ],
    remedies: [
      "Correct /etc/resolv.conf, or what writes it (DHCP, NetworkManager, resolved).",
      "Let the output and input chains pass port 53 of UDP and TCP, and answers to it.",
      "Use the address instead of the name meanwhile.",
    ])

  static let permission = ExplainPage(
    "the local kernel refused to send",
    """
    The error is this host's own (EPERM or EACCES), and no rule that could be read explains it: a BPF \
    program of the cgroup (IPAddressDeny= of a unit, a container engine), SELinux, AppArmor, Landlock, \
    or a source port that only root may bind.
    """,
    states: [.unknown, .filtered],
    others: [
      "nc, telnet": "\"Operation not permitted\" or \"Permission denied\", at once",
      "nmap": "filtered; it may blame the other side (admin-prohibited)",
      "ping": "\"Operation not permitted\" if a filter on output is the reason",
    ],
    commands: [
      "cat /proc/self/cgroup": "the unit that this shell belongs to",
      "systemctl show -p IPAddressAllow,IPAddressDeny UNIT": "its filter, and that of its slices",
      "cat /proc/self/attr/current; journalctl -k -g denied": "SELinux or AppArmor",
      "sysctl net.ipv4.ip_unprivileged_port_start": "source ports below take a privilege",
    ],
    remedies: [
      "Ask again with sudo: the ruleset can be read then, and may explain it.",
      "Ask from another shell: one in another unit is not under the same filter.",
      "Change the unit's or the profile's setting that denies it.",
    ])

  static let evidenceConflict = ExplainPage(
    "what was seen is not what the evidence foretold",
    """
    The rules and sockets say one thing, the probe another, and neither is hidden. Something takes \
    part that was not seen: a filter that is not netfilter, an older conntrack entry, hardware \
    offload, an address that two hosts have, a change in between, a lost packet.
    """,
    states: [.open, .filtered, .refused],
    others: [
      "nc, nmap": "show the probe's side only",
      "nft, ss": "show the other side only",
      "tcpdump": "shows whether the packet really took that way",
    ],
    commands: [
      "reach HOST PORT -w 5": "whether it stays so",
      "tcpdump -eni any 'port PORT'": "who answers, with the link address",
      "conntrack -L -p tcp --dport PORT": "a flow that is known, or translated, already",
      "ip -d link; tc filter show dev IFACE ingress": "XDP and tc",
    ],
    remedies: [
      "Read the reasons that the result lists, the likeliest first.",
      "Trace the packet through the kernel's rules: a rule with meta nftrace set 1, and "
        + "nft monitor trace.",
      "If the prediction is wrong on an idle system, it is a bug of reach: please report it.",
    ])

  static let sourceUnavailable = ExplainPage(
    "the source address or port can't be used here",
    """
    The address given with -s is not one of this host, the port given with -p is in use, or the host \
    has no free port left for another connection to that target.
    """,
    states: [.unknown],
    others: [
      "nc": "\"bind failed: Cannot assign requested address\", or \"Address already in use\"",
      "ss": "the socket that has the port",
    ],
    commands: [
      "ip -br address": "the addresses that this host has",
      "ss -tanp 'sport = :PORT'": "who has the source port; TIME-WAIT counts",
      "ss -s": "how many sockets there are",
      "sysctl net.ipv4.ip_local_port_range": "the ports for connections from here",
    ],
    remedies: [
      "Use an address of this host, or ask with --from ADDR, which needs none.",
      "Leave -p out, or wait a minute for TIME-WAIT to pass.",
      "Widen ip_local_port_range if there are too many connections.",
    ])

  static let localError = ExplainPage(
    "this host could not send, for a reason of its own",
    """
    The kernel could not make or use the socket: file descriptors, memory or buffers ran out, or the \
    IP version is switched off. It says nothing about the target. The result shows the error.
    """,
    states: [.unknown],
    others: [
      "nc": "the same error: \"Too many open files\", \"No buffer space available\", "
        + "\"Address family not supported by protocol\"",
      "nmap": "may give up as well, or show filtered",
    ],
    commands: [
      "ulimit -n; cat /proc/sys/fs/file-nr": "descriptors: the limit, and how many are open",
      "sysctl net.ipv6.conf.all.disable_ipv6": "1: no IPv6",
      "cat /proc/net/sockstat; free -m": "memory, of sockets and in all",
      "journalctl -k -e": "what the kernel says",
    ],
    remedies: [
      "Raise the limit (ulimit -n), or ask less at once (--parallel).",
      "Free memory, or close what holds the sockets.",
    ])

  static let notProbed = ExplainPage(
    "no packet was sent, and nothing else settles it",
    """
    With --no-probe, and for a source that is not this host, only sockets, rules and routes are \
    asked. The target is another machine: its sockets and rules can't be seen from here.
    """,
    states: [.unknown],
    others: [
      "nc, nmap": "send packets, and show what comes back",
      "ss": "shows the sockets of the host that it runs on",
    ],
    commands: [
      "reach HOST PORT": "with a probe, from here",
      "ip route get HOST": "whether the target is this host: \"local\"",
      "ssh HOST ss -lntp 'sport = :PORT'": "the target's sockets (quote it twice)",
    ],
    remedies: [
      "Leave --no-probe out.",
      "Run reach on the source itself, for a probe from there, or on the target, for its sockets "
        + "and rules.",
    ])
}
