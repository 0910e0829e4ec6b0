/// The header fields and circumstances of a packet that are rarely spelled out. Whatever is `nil`
/// or empty has the contract's default.
package struct PacketDetails: Hashable, Sendable {
  /// A piece of a larger packet.
  package struct Fragment: Hashable, Sendable {
    /// In bytes, a multiple of 8; pieces other than the first have no transport header.
    package var offset: UInt16
    package var hasMore: Bool

    package init(offset: UInt16, hasMore: Bool) {
      self.offset = offset
      self.hasMore = hasMore
    }
  }

  /// An IPv6 extension header.
  package struct Extension: Hashable, Sendable {
    /// Its number as a next header: 0 hop-by-hop, 43 routing, 44 fragment, 60 destination options.
    package var type: UInt8
    /// What follows the next header byte (which the packet's builder fills in), the length byte
    /// included; padded to whole headers.
    package var bytes: [UInt8]

    package init(type: UInt8, bytes: [UInt8]) {
      self.type = type
      self.bytes = bytes
    }
  }

  /// The packet that an ICMP error quotes.
  package indirect enum Quote: Hashable, Sendable {
    case packet(PacketQuery)
  }

  /// IPv4's identification, or that of an IPv6 fragment header.
  package var identification: UInt32?
  /// IPv4 options as they stand in the header, padding added where it is missing.
  package var ipOptions: [UInt8]
  package var fragment: Fragment?
  /// IPv6 extension headers, in order.
  package var extensions: [Extension]
  /// The MSS option of a SYN.
  package var maximumSegment: UInt16?
  package var icmpID: UInt16?
  package var icmpSequence: UInt16?
  /// `PACKET_HOST` 0, broadcast 1, multicast 2, otherhost 3; `nil`: host, or what a frame says.
  package var packetType: UInt8?
  /// The sender's hardware address.
  package var etherSource: [UInt8]?
  /// An own packet whose bytes are all given, instead of what an ordinary socket sends.
  package var isCrafted: Bool
  package var quote: Quote?

  package init(
    identification: UInt32? = nil, ipOptions: [UInt8] = [], fragment: Fragment? = nil,
    extensions: [Extension] = [], maximumSegment: UInt16? = nil, icmpID: UInt16? = nil,
    icmpSequence: UInt16? = nil, packetType: UInt8? = nil, etherSource: [UInt8]? = nil,
    isCrafted: Bool = false, quote: Quote? = nil
  ) {
    self.identification = identification
    self.ipOptions = ipOptions
    self.fragment = fragment
    self.extensions = extensions
    self.maximumSegment = maximumSegment
    self.icmpID = icmpID
    self.icmpSequence = icmpSequence
    self.packetType = packetType
    self.etherSource = etherSource
    self.isCrafted = isCrafted
    self.quote = quote
  }
}
