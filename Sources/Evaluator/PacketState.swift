internal import DecisionDiagram
internal import Model

/// A set of packets on their way, which differ at most in bits that are functions of variables.
struct PacketState {
  /// From the Ethernet header to the network header; empty where there is none (own output,
  /// tunnels).
  var link: SymbolicBytes
  /// From the network header on.
  var network: SymbolicBytes
  /// `nil` for packets that are neither IPv4 nor IPv6.
  var family: IPFamily?
  var etherType: UInt16
  /// The last header's protocol; `nil` if the header chain can't be followed.
  var transport: UInt8?
  /// Of the transport header, from the network header.
  var transportOffset: Int
  /// In bytes; not 0 for later fragments.
  var fragmentOffset: Int
  var input: Interface?
  var output: Interface?
  /// Host order.
  var mark: SymbolicBytes
  var priority = SymbolicBytes(hostOrder: 0)
  /// `PACKET_HOST` 0 and its neighbours.
  var packetType: UInt8 = 0
  /// The local socket that sent it; `nil` for packets from the wire and from the kernel itself.
  var owner: Owner?
  /// The socket that tproxy gave packets to, and which packets.
  var assigned: (socket: LocalSocket, set: Node)?
  /// Set once a route is known.
  var route: RouteChoice?
  var connection: Connection
  /// Ranges of `network` that only the sending kernel knows and that no rule has looked at yet
  /// (`Run.settle`).
  var unknown: [UnknownField] = []
  /// Whether nobody said who sent the frame (`Run.settleLink`).
  var isLinkSourceUnknown = false

  /// Owner of the sending socket.
  struct Owner {
    var user: UInt32
    /// `nil` when it is not known.
    var group: UInt32?
    /// Whether it is a raw socket, which is bound to no address.
    var isRaw = false
  }

  /// Bytes from the transport header on.
  var transportLength: Int { max(network.count - transportOffset, 0) }

  func source(_ family: IPFamily) -> SymbolicBytes {
    family == .v4 ? network[12..<16] : network[8..<24]
  }

  func destination(_ family: IPFamily) -> SymbolicBytes {
    family == .v4 ? network[16..<20] : network[24..<40]
  }

  /// Source and destination port, if the protocol has them and they are inside the packet.
  var hasPorts: Bool {
    guard let transport, fragmentOffset == 0 else { return false }
    return TransportProtocol(rawValue: transport).hasPorts && transportLength >= 4
  }

  var sourcePort: SymbolicBytes { network[transportOffset..<transportOffset + 2] }
  var destinationPort: SymbolicBytes { network[transportOffset + 2..<transportOffset + 4] }

  /// The concrete source with its port, if both are constants.
  var sourceEndpoint: Endpoint? { endpoint(isSource: true) }
  var destinationEndpoint: Endpoint? { endpoint(isSource: false) }

  private func endpoint(isSource: Bool) -> Endpoint? {
    guard let family,
      let bytes = (isSource ? source(family) : destination(family)).constant,
      let address = IPAddress(bytes: bytes)
    else { return nil }
    guard hasPorts, let port = (isSource ? sourcePort : destinationPort).constant else {
      return Endpoint(address)
    }
    return Endpoint(address, port: Port(UInt16(port[0]) << 8 | UInt16(port[1])))
  }

  /// Writes an address and, if given, a port, as NAT does.
  mutating func translate(source: Bool, address: SymbolicBytes?, port: SymbolicBytes?) {
    guard let family else { return }
    if let address {
      let offset = family == .v4 ? (source ? 12 : 16) : (source ? 8 : 24)
      network.write(address, at: offset)
    }
    if let port, hasPorts {
      network.write(port, at: transportOffset + (source ? 0 : 2))
    }
  }
}

/// What routing chose for a packet.
struct RouteChoice {
  var type: RouteType
  /// The next hop; `nil` on link.
  var gateway: IPAddress?
  var interface: Interface?
  var realm: UInt32 = 0
  var mtu: UInt32?
}
