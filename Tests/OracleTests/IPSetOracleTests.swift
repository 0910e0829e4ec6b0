import Evaluator
import Kernel
import Model
import TestSupport
import Testing

/// Rules that look into ipsets, held against the kernel's trace.
@Suite("ipset, held against the kernel", .serialized)
struct IPSetOracleTests {
  private static let sets = """
    create ip hash:ip
    add ip 10.9.0.2
    create ip6 hash:ip family inet6
    create masked hash:ip netmask 24
    add masked 10.9.0.0
    create net hash:net
    add net 10.9.0.0/16
    add net 10.9.0.0/29 nomatch
    add net 10.9.0.3/32
    create ipport hash:ip,port
    add ipport 10.9.0.2,tcp:22
    add ipport 10.9.0.1,udp:53
    add ipport 10.9.0.2,icmp:8/0
    create netport hash:net,port
    add netport 10.9.0.0/24,22
    create three hash:ip,port,ip
    add three 10.9.0.2,22,10.9.0.1
    create ipnet hash:ip,port,net
    add ipnet 10.9.0.2,udp:53,10.9.0.0/24
    create face hash:net,iface
    add face 10.9.0.0/24,eth0
    create ports bitmap:port range 20-60
    add ports 22
    create range bitmap:ip range 10.9.0.0-10.9.0.7
    add range 10.9.0.3
    create brief hash:ip timeout 1000
    add brief 10.9.0.3

    """

  private static let questions = [
    "ip src", "ip dst", "masked src", "masked dst", "net src", "net dst",
    "ipport src,src", "ipport src,dst", "ipport dst,dst", "netport src,dst", "netport dst,src",
    "three src,dst,dst", "ipnet src,dst,dst", "face src,src",
    "ports dst", "ports src", "range src", "range dst", "brief src", "ip src,dst", "ipport src",
  ]

  @Test(.needsRoot, .needs("ipset", "iptables-nft-restore", "ip"))
  func membershipIsTheKernelsOwn() throws {
    let rules = Self.questions.flatMap {
      ["-A INPUT -m set --match-set \($0)\n", "-A INPUT -m set ! --match-set \($0)\n"]
    }.joined()
    let text =
      "*mangle\n-A PREROUTING -p udp -j MARK --set-mark 5\nCOMMIT\n*filter\n\(rules)"
      + "-A FORWARD -m set --match-set netport src,dst -j ACCEPT\n"
      + "-A OUTPUT -m set --match-set net dst -j DROP\nCOMMIT\n"
    var namespace: TestNamespace?
    let oracle = try KernelOracle("", sysctls: [("net.ipv4.ip_forward", "1")]) {
      namespace = $0
      try $0.command(["ipset", "restore"], input: Array(Self.sets.utf8)).run()
      try $0.command(["iptables-nft-restore"], input: Array(text.utf8)).run()
    }
    defer { oracle.cleanUp() }
    let lookup = IPSetLookup()
    // The socket stays in the namespace where it is opened.
    let name = try namespace?.inside { lookup.set(0)?.name }
    #expect(name == "ip")
    let evaluation = Evaluation(ruleset: oracle.ruleset, host: oracle.host, ipSets: lookup)
    for packet in [
      "in eth0 tcp 10.9.0.2:42001 > 10.9.0.1:22", "in eth0 udp 10.9.0.2:42002 > 10.9.0.1:53",
      "in eth0 tcp 10.9.0.3:42003 > 10.9.0.1:2222", "in eth0 icmp 10.9.0.2 > 10.9.0.1",
      "in eth0 tcp 10.9.7.7:42004 > 10.9.0.1:22", "in eth0 tcp 10.9.0.2:42005 > 10.9.1.2:80",
      "in eth0 udp 10.9.0.200:42006 > 10.9.0.1:99", "out udp 10.9.0.1:42007 > 10.9.0.2:53",
      "out udp 10.9.0.1:42008 > 10.9.1.2:53",
    ] {
      let query = try XtablesOracleTests.query(packet)
      let kernel = try oracle.answer(query)
      let trace = evaluation.trace(query)
      #expect(trace.verdict == kernel.verdict, "\(packet): \(trace.conditions)")
      #expect(
        trace.steps.map(\.comparisonText) == kernel.steps.map(\.comparisonText), "\(packet)")
    }
  }

  @Test(.needsRoot, .needs("ipset", "ip"))
  func aSetThatIsGoneIsNotKnown() throws {
    let fixture = NamespaceFixture()
    defer { fixture.cleanUp() }
    let namespace = try fixture.addNamespace()
    try namespace.run("ipset create one hash:ip")
    let lookup = IPSetLookup()
    let answers = try namespace.inside { () -> [Bool?] in
      let one = lookup.set(0)
      let absent = IPSet(index: 9, name: "gone", type: "hash:ip", family: .v4)
      let key = IPSetKey(addresses: [.loopbackV4])
      return [
        one.flatMap { lookup.contains(key, in: $0) }, lookup.contains(key, in: absent),
        lookup.set(77) == nil,
      ]
    }
    #expect(answers == [false, nil, true])
  }
}
