internal import Glibc
package import Model

/// The network that every case of `Rules/` lives in.
///
///     peer 10.9.0.2 fd09::2 --- eth0 10.9.0.1 fd09::1  host  eth1 10.9.1.1 fd09:1::1 --- 10.9.1.2 fd09:1::2
///
/// The host's default routes go to 10.9.0.2 and fd09::2. The peers answer nothing by themselves, and
/// neighbours are known beforehand: only the packets that a case asks for are ever on the wire.
package final class OracleNetwork: Sendable {
  package let host: TestNamespace
  /// The peer behind each of the host's devices.
  private let peers: [String: TestNamespace]
  /// Hardware addresses on each link: the peer's and the host's.
  private let links: [String: (peer: [UInt8], host: [UInt8])]
  private let fixture = NamespaceFixture()

  package init() throws {
    host = try fixture.addNamespace()
    var peers: [String: TestNamespace] = [:]
    var links: [String: (peer: [UInt8], host: [UInt8])] = [:]
    for (number, device) in ["eth0", "eth1"].enumerated() {
      let peer = try fixture.addNamespace()
      let (v4, v6) = ("10.9.\(number)", number == 0 ? "fd09:" : "fd09:\(number):")
      try fixture.connect(
        host, device, ["\(v4).1/24", "\(v6):1/64"], peer, "eth0", ["\(v4).2/24", "\(v6):2/64"])
      let own: [UInt8] = [2, 0, 0, 0, UInt8(number), 1]
      let other: [UInt8] = [2, 0, 0, 0, UInt8(number), 2]
      try host.ip("link set \(device) address \(Self.text(own))")
      try peer.ip("link set eth0 address \(Self.text(other))")
      for address in ["\(v4).2", "\(v6):2"] {
        try host.ip(
          "neighbour replace \(address) lladdr \(Self.text(other)) nud permanent dev \(device)")
      }
      try peer.loadRuleset(
        "table inet silence { chain o { type filter hook output priority 0; policy drop; } }")
      peers[device] = peer
      links[device] = (other, own)
    }
    try host.ip("route add default via 10.9.0.2")
    try host.ip("-6 route add default via fd09::2")
    for scope in ["all", "eth0", "eth1"] {
      try host.sysctl("net.ipv4.conf.\(scope).rp_filter", "0")
    }
    self.peers = peers
    self.links = links
  }

  /// Sends the packet that a query describes: from the peer behind its input device, or, without
  /// one, from the host.
  package func send(_ query: PacketQuery) throws {
    if let device = query.inputInterface {
      guard let peer = peers[device], let link = links[device] else {
        throw FixtureError("no peer behind \(device)")
      }
      let frame = PacketBytes.frame(query, from: link.peer, to: link.host)
      try peer.inside { try PacketSender.sendFrame(frame, device: "eth0") }
    } else {
      try host.inside { try PacketSender.sendOwn(query) }
    }
  }

  private static func text(_ address: [UInt8]) -> String {
    address.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }

  package func cleanUp() {
    fixture.cleanUp()
  }
}
