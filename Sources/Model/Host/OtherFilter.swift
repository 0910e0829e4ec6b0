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

  package init(
    kind: Kind, direction: Direction, interface: String? = nil, family: IPFamily? = nil,
    detail: String, table: String? = nil, isHarmless: Bool = false
  ) {
    self.kind = kind
    self.direction = direction
    self.interface = interface
    self.family = family
    self.detail = detail
    self.table = table
    self.isHarmless = isHarmless
  }
}
