internal import Model

/// Finds the transport header of a packet, as `nft_set_pktinfo` does.
struct HeaderChain {
  var family: IPFamily?
  /// `nil` if the IPv6 header chain is broken or the packet is not IP.
  var transport: UInt8?
  var transportOffset = 0
  var fragmentOffset = 0

  /// - Parameter packet: bytes from the network header on.
  init(_ packet: [UInt8], etherType: UInt16) {
    switch etherType {
    case 0x0800: readIPv4(packet)
    case 0x86dd: readIPv6(packet)
    default: break
    }
  }

  private mutating func readIPv4(_ packet: [UInt8]) {
    guard packet.count >= 20, packet[0] >> 4 == 4 else { return }
    family = .v4
    transport = packet[9]
    transportOffset = Int(packet[0] & 15) * 4
    fragmentOffset = (Int(packet[6] & 0x1f) << 8 | Int(packet[7])) * 8
  }

  /// Source: `ipv6_find_hdr`, net/ipv6/exthdrs_core.c, with target -1.
  private mutating func readIPv6(_ packet: [UInt8]) {
    guard packet.count >= 40, packet[0] >> 4 == 6 else { return }
    family = .v6
    var next = packet[6]
    var offset = 40
    while Self.isExtension(next) {
      guard next != 59, offset + 8 <= packet.count else { break }
      let length: Int
      switch next {
      case 44:
        fragmentOffset = Int(packet[offset + 2]) << 8 | Int(packet[offset + 3] & 0xf8)
        length = 8
      case 51: length = (Int(packet[offset + 1]) + 2) * 4
      default: length = (Int(packet[offset + 1]) + 1) * 8
      }
      if fragmentOffset != 0 {
        transport = packet[offset]
        transportOffset = offset + length
        return
      }
      next = packet[offset]
      offset += length
    }
    guard offset <= packet.count else { return }
    transport = next
    transportOffset = offset
  }

  /// `ipv6_ext_hdr`: hop-by-hop, routing, fragment, AH, none, destination options.
  private static func isExtension(_ header: UInt8) -> Bool {
    [0, 43, 44, 51, 59, 60].contains(header)
  }
}
