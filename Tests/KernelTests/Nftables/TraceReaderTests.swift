import Glibc
import Kernel
import Model
import TestSupport
import Testing

@Suite struct TraceReaderTests {
  @Test(.needsRoot) func tellsARulesVerdictAndThePolicy() throws {
    let fixture = NamespaceFixture()
    defer { fixture.cleanUp() }
    let namespace = try fixture.addNamespace()
    try namespace.loadRuleset(
      """
      table inet t {
        chain j { udp dport 4000 drop; }
        chain first { type filter hook output priority -10; policy accept;
          udp dport 4000-4001 meta nftrace set 1
        }
        chain c { type filter hook output priority 0; policy accept;
          meta mark set 7
          jump j
        }
      }
      """)
    let (events, ruleset) = try namespace.inside { () -> ([TraceEvent], Ruleset) in
      var reader = try TraceReader()
      // Sends to two ports; the first is dropped.
      for port in [4000, 4001] as [UInt16] { send(port) }
      var events: [TraceEvent] = []
      while case let more = try reader.events(within: .milliseconds(200)), !more.isEmpty {
        events += more
      }
      return (events, try RulesetReader().read(.check))
    }
    let table = try #require(ruleset.table(.inet, "t"))
    let dropped = events.first { $0.verdict == .drop }
    #expect(dropped?.chain == "j")
    #expect(dropped?.kind == .rule)
    #expect(dropped?.ruleHandle == table.chain("j")?.rules.first?.handle)
    #expect(dropped?.mark == 7)
    #expect(dropped?.packetFamily == .ip)
    #expect(dropped?.family == .inet)
    #expect(
      events.first { $0.chain == "c" }?.outputInterface == InterfaceIndex(rawValue: 1))
    #expect(events.contains { $0.verdict == .jump(chain: "j") && $0.chain == "c" })
    let policy = events.last { $0.kind == .policy && $0.chain == "c" }
    #expect(policy?.policy == .accept)
    #expect(events.contains { $0.networkHeader.count >= 20 && $0.transportHeader.count >= 8 })
  }

  private func send(_ port: UInt16) {
    let number = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(number) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    _ = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(number, "x", 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
