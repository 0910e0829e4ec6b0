internal import Model

/// Finds the transport header of a packet, as `nft_set_pktinfo` does.
struct HeaderChain {
  var family: IPFamily?
  /// `nil` if the IPv6 header chain is broken or the packet is not IP.
  var transport: UInt8?
  var transportOffset = 0
  var fragmentOffset = 0

  /// - Parameter packet: bytes from the network header on.
  /// - Parameter looksBehindAuthentication: conntrack does (`ipv6_skip_exthdr`), rules do not.
  init(_ packet: [UInt8], etherType: UInt16, looksBehindAuthentication: Bool = false) {
    switch etherType {
    case 0x0800: readIPv4(packet)
    case 0x86dd: readIPv6(packet, looksBehindAuthentication)
    default: break
    }
  }

  private mutating func readIPv4(_ packet: [UInt8]) {
    guard packet.count >= 20, packet[0] >> 4 == 4 else { return }
    family = .v4
    // Lengths that can't be leave a packet without a transport (`__nft_set_pktinfo_ipv4_validate`).
    let header = Int(packet[0] & 15) * 4
    let length = Int(packet[2]) << 8 | Int(packet[3])
    if header >= 20, header <= length, length <= packet.count { transport = packet[9] }
    transportOffset = Int(packet[0] & 15) * 4
    fragmentOffset = (Int(packet[6] & 0x1f) << 8 | Int(packet[7])) * 8
  }

  /// Source: `ipv6_find_hdr`, net/ipv6/exthdrs_core.c, with target -1.
  private mutating func readIPv6(_ packet: [UInt8], _ looksBehindAuthentication: Bool) {
    guard packet.count >= 40, packet[0] >> 4 == 6 else { return }
    family = .v6
    guard 40 + Int(packet[4]) << 8 + Int(packet[5]) <= packet.count else { return }
    var next = packet[6]
    var offset = 40
    while Self.isExtension(next), next != 59, next != 51 || looksBehindAuthentication {
      guard offset + 2 <= packet.count, next != 44 || offset + 4 <= packet.count else { return }
      let length: Int
      switch next {
      case 44:
        fragmentOffset = Int(packet[offset + 2]) << 8 | Int(packet[offset + 3] & 0xf8)
        length = 8
      case 51: length = (Int(packet[offset + 1]) + 2) * 4
      default: length = (Int(packet[offset + 1]) + 1) * 8
      }
      if fragmentOffset != 0 {
        // Of a later piece the kernel does not say where the transport is: at the very start.
        if packet[offset] == 59 || !Self.isExtension(packet[offset]) { transport = packet[offset] }
        return
      }
      next = packet[offset]
      offset += length
    }
    transport = next
    transportOffset = offset
  }

  /// `ipv6_ext_hdr`: hop-by-hop, routing, fragment, AH, none, destination options.
  private static func isExtension(_ header: UInt8) -> Bool {
    [0, 43, 44, 51, 59, 60].contains(header)
  }
}
