internal import Glibc
package import Model

/// The network that every case of `Rules/` lives in.
///
///     peer behind eth0             HOST                            peer behind eth1
///     10.9.0.2 fd09::2 --- eth0 10.9.0.1 fd09::1
///                          eth1 10.9.1.1 fd09:1::1 --- 10.9.1.2 fd09:1::2
///
/// The host's default routes go to 10.9.0.2 and fd09::2. The peers answer nothing by themselves,
/// and neighbours are known beforehand: only the packets that a case asks for are ever on the wire.
package final class OracleNetwork {
  package let host: TestNamespace
  /// Hardware addresses on each link: the peer's and the host's.
  private let links: [String: (peer: [UInt8], host: [UInt8])]
  private let fixture = NamespaceFixture()
  private let wire: OracleWire

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
      for address in [2, 7, 9, 77].flatMap({ ["\(v4).\($0)", "\(v6):\($0)"] }) {
        try host.ip(
          "neighbour replace \(address) lladdr \(Self.text(other)) nud permanent dev \(device)")
      }
      try peer.loadRuleset(Self.silence)
      peers[device] = peer
      links[device] = (other, own)
    }
    try host.ip("route add default via 10.9.0.2")
    try host.ip("-6 route add default via fd09::2")
    for scope in ["all", "eth0", "eth1"] {
      try host.sysctl("net.ipv4.conf.\(scope).rp_filter", "0")
    }
    self.links = links
    wire = try OracleWire(host: host, peers: peers)
  }

  /// Sends the packet that a query describes: from the peer behind its input device, or, without
  /// one, from the host.
  package func send(_ query: PacketQuery) throws {
    if query.inputInterface != nil {
      try sendFrame(query, sequence: 1)
    } else if query.details.isCrafted {
      try sendCrafted(query)
    } else if query.userID != 0 {
      try connect(query)
    } else if query.transport == .udp || query.transport == .tcp && query.tcpFlags == .syn {
      try host.inside { try PacketSender.sendOwn(query) }
    } else {
      try sendCrafted(query)
    }
  }

  /// Sends the first packet of a connection, to which an acknowledgement of 1 is the right answer.
  package func sendOpening(_ query: PacketQuery) throws {
    if query.inputInterface != nil {
      try sendFrame(query, sequence: 0)
    } else {
      try sendCrafted(query, sequence: 0)
    }
  }

  private func sendCrafted(_ query: PacketQuery, sequence: UInt8 = 1) throws {
    try wire.leave(
      PacketBytes.datagram(query, sequence: sequence), to: query.destination.address,
      mark: query.mark)
  }

  /// Makes the connection known that a packet belongs to.
  func addConnection(for query: PacketQuery) throws { try wire.addConnection(for: query) }

  /// Deletes every connection of the host.
  func forgetConnections() throws { try wire.forgetConnections() }

  private func sendFrame(_ query: PacketQuery, sequence: UInt8) throws {
    guard let device = query.inputInterface, let link = links[device]
    else { throw FixtureError("no peer behind \(query.inputInterface ?? "nothing")") }
    let frame = PacketBytes.frame(query, from: link.peer, to: link.host, sequence: sequence)
    try wire.arrive(frame, on: device)
  }

  /// Connects as another user. Whose a socket is depends on the credentials of the thread that made
  /// it, which a test can't change for itself.
  private func connect(_ query: PacketQuery) throws {
    guard query.transport == .tcp, let from = query.source.port, let to = query.destination.port
    else { throw FixtureError("only TCP can be sent as another user") }
    let words = [
      "timeout", "0.2", "setpriv", "--reuid", String(query.userID), "--clear-groups",
      "nc", "-z", "-s", query.source.address.description, "-p", from.description,
      query.destination.address.description, to.description,
    ]
    // Nobody answers: the status says nothing.
    _ = try host.command(words).output()
  }

  /// Keeps a peer's kernel from answering; frames sent as such pass by it.
  private static let silence = """
    table inet silence {
      chain output {
        type filter hook output priority 0; policy drop;
      }
    }
    """

  private static func text(_ address: [UInt8]) -> String {
    address.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }

  package func cleanUp() {
    fixture.cleanUp()
  }
}
