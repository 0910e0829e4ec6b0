/// Something that is not nf_tables and may drop packets.
package struct OtherFilter: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case legacyTable = "xtables-legacy"
    case xdp = "XDP"
    case trafficControl = "tc"
    case cgroupBPF = "cgroup BPF"
    case ipsecPolicy = "IPsec policy"
    case socketFilter = "socket filter"
    case ipvs = "IPVS"
  }

  package enum Direction: Hashable, Sendable {
    case inbound
    case outbound
    case both
  }

  package var kind: Kind
  package var direction: Direction
  /// The device it sits on; `nil` for the whole namespace.
  package var interface: String?
  /// The IP family it concerns; `nil` for both.
  package var family: IPFamily?
  /// For people: what it is and where, such as `filter table with 12 rules`.
  package var detail: String
  /// A legacy table's name.
  package var table: String?
  /// Whether it certainly lets everything pass (an empty legacy table with accept policies).
  package var isHarmless: Bool
  /// The packets it concerns, where that is known (an IPsec policy's selector); `nil` for any.
  package var selector: Selector?
  /// Whether it certainly drops, without a word, the packets that `selector` describes.
  package var drops: Bool

  package init(
    kind: Kind, direction: Direction, interface: String? = nil, family: IPFamily? = nil,
    detail: String, table: String? = nil, isHarmless: Bool = false, selector: Selector? = nil,
    drops: Bool = false
  ) {
    self.kind = kind
    self.direction = direction
    self.interface = interface
    self.family = family
    self.detail = detail
    self.table = table
    self.isHarmless = isHarmless
    self.selector = selector
    self.drops = drops
  }

  /// Addresses and ports as the packet has them when the filter sees it; `nil` matches any.
  package struct Selector: Hashable, Sendable {
    package var source: Prefix?
    package var destination: Prefix?
    package var transport: TransportProtocol?
    package var sourcePorts: ClosedRange<UInt16>?
    package var destinationPorts: ClosedRange<UInt16>?

    package init(
      source: Prefix? = nil, destination: Prefix? = nil, transport: TransportProtocol? = nil,
      sourcePorts: ClosedRange<UInt16>? = nil, destinationPorts: ClosedRange<UInt16>? = nil
    ) {
      self.source = source
      self.destination = destination
      self.transport = transport
      self.sourcePorts = sourcePorts
      self.destinationPorts = destinationPorts
    }

    /// Whether a packet may be one of those described; a `source` not known is taken to match.
    package func covers(
      source from: Endpoint?, destination to: Endpoint, transport asked: TransportProtocol
    ) -> Bool {
      if let transport, transport != asked { return false }
      if let destination, !destination.contains(to.address) { return false }
      if let destinationPorts, let port = to.port, !destinationPorts.contains(port.number) {
        return false
      }
      guard let from else { return true }
      if let source, !source.contains(from.address) { return false }
      if let sourcePorts, let port = from.port, !sourcePorts.contains(port.number) { return false }
      return true
    }
  }
}
