import Model
import Probing
import TestSupport

/// A client and a server namespace joined by a veth pair, with addresses of both families.
struct PairFixture {
  let network = NamespaceFixture()
  let client: TestNamespace
  let server: TestNamespace

  static let clientV4 = IPAddress(v4: 0x0a4d_0201)
  static let serverV4 = IPAddress(v4: 0x0a4d_0202)
  static let clientV6 = IPAddress(v6: 0xfd77 << 112 | 1)
  static let serverV6 = IPAddress(v6: 0xfd77 << 112 | 2)

  static func server(_ family: IPFamily) -> IPAddress { family == .v4 ? serverV4 : serverV6 }
  static func client(_ family: IPFamily) -> IPAddress { family == .v4 ? clientV4 : clientV6 }

  init() throws {
    client = try network.addNamespace()
    server = try network.addNamespace()
    try network.connect(
      client, "c0", ["10.77.2.1/24", "fd77::1/64"], server, "s0", ["10.77.2.2/24", "fd77::2/64"])
    // Rejections must not be rate limited away.
    for namespace in [client, server] {
      try namespace.sysctl("net.ipv4.icmp_ratelimit", "0")
      try namespace.sysctl("net.ipv6.icmp.ratelimit", "0")
    }
    try client.sysctl("net.ipv6.neigh.c0.retrans_time_ms", "50")
    try waitForIPv6()
  }

  /// IPv6 comes up a moment after the link: the first neighbour solicitations are lost.
  private func waitForIPv6() throws {
    for _ in 0..<50 {
      let outcome = try probe(Self.serverV6, 1, ProbeSettings(timeout: .milliseconds(100)))
      if outcome.kind == .refused { return }
    }
    throw FixtureError("IPv6 does not come up")
  }

  /// Probes from the client.
  func probe(
    _ address: IPAddress, _ port: UInt16, scope: InterfaceIndex? = nil,
    _ settings: ProbeSettings = ProbeSettings(timeout: .milliseconds(600))
  ) throws -> ProbeOutcome {
    try probe(from: client, address, port, scope: scope, settings)
  }

  func probe(
    from namespace: TestNamespace, _ address: IPAddress, _ port: UInt16,
    scope: InterfaceIndex? = nil,
    _ settings: ProbeSettings = ProbeSettings(timeout: .milliseconds(600))
  ) throws -> ProbeOutcome {
    let outcome = try namespace.inside {
      ProbeEngine().probe(
        ProbeRequest(ScopedAddress(address, scope: scope), port: Port(port), settings: settings))
    }
    guard let outcome else { throw FixtureError("interrupted") }
    return outcome
  }
}
