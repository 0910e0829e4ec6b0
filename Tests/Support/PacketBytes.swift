package import Model

/// Packets as bytes, with the contract's defaults: what a query describes is what goes on the wire.
package enum PacketBytes {
  /// An Ethernet frame.
  ///
  /// - Parameter sequence: the TCP sequence number.
  package static func frame(
    _ query: PacketQuery, from source: [UInt8], to destination: [UInt8], sequence: UInt8 = 1
  ) -> [UInt8] {
    if let frame = query.frame { return frame }
    let type = query.source.address.family.etherType
    return destination + source + big(type) + datagram(query, sequence: sequence)
  }

  /// An IPv4 or IPv6 packet, from its header on.
  package static func datagram(_ query: PacketQuery, sequence: UInt8 = 1) -> [UInt8] {
    let transport = transportBytes(query, sequence)
    switch query.source.address.family {
    case .v4: return headerV4(query, length: transport.count) + transport
    case .v6: return headerV6(query, length: transport.count) + transport
    }
  }

  private static func headerV4(_ query: PacketQuery, length: Int) -> [UInt8] {
    var header: [UInt8] = [0x45, query.dscp << 2 | query.ecn & 3]
    header += big(UInt16(truncatingIfNeeded: 20 + length))
    header += [0, 1, 0x40, 0, query.ttl ?? 64, query.transport.rawValue, 0, 0]
    header += query.source.address.bytes + query.destination.address.bytes
    header.replaceSubrange(10..<12, with: big(checksum(header)))
    return header
  }

  private static func headerV6(_ query: PacketQuery, length: Int) -> [UInt8] {
    let trafficClass = query.dscp << 2 | query.ecn & 3
    var header: [UInt8] = [0x60 | trafficClass >> 4, trafficClass << 4, 0, 0]
    header += big(UInt16(truncatingIfNeeded: length))
    header += [query.transport.rawValue, query.ttl ?? 64]
    return header + query.source.address.bytes + query.destination.address.bytes
  }

  private static func transportBytes(_ query: PacketQuery, _ sequence: UInt8) -> [UInt8] {
    switch query.transport {
    case .tcp: return tcp(query, sequence)
    case .udp:
      let length = UInt16(truncatingIfNeeded: 8 + query.payload.count)
      return summed(ports(query) + big(length) + [0, 0] + query.payload, at: 6, query)
    case .icmp:
      let head = [query.icmpType ?? 8, query.icmpCode, 0, 0, 0, 1, 0, 1]
      var bytes = head + query.payload
      bytes.replaceSubrange(2..<4, with: big(checksum(bytes)))
      return bytes
    case .icmpv6:
      let head = [query.icmpType ?? 128, query.icmpCode, 0, 0, 0, 1, 0, 1]
      return summed(head + query.payload, at: 2, query)
    default:
      // Whoever gives more than the ports gives those, too.
      let isShort = query.transport.hasPorts && query.payload.count < 8
      return (isShort ? ports(query) : []) + query.payload
    }
  }

  private static func tcp(_ query: PacketQuery, _ sequence: UInt8) -> [UInt8] {
    let mss: [UInt8] = query.tcpFlags.contains(.syn) ? [2, 4, 0x05, 0xb4] : []
    let options = query.tcpOptions ?? mss
    let acknowledgement: UInt8 = query.tcpFlags.contains(.ack) ? 1 : 0
    let offset = UInt8(truncatingIfNeeded: (20 + options.count) / 4) << 4
    var bytes = ports(query) + [0, 0, 0, sequence, 0, 0, 0, acknowledgement]
    bytes += [offset, query.tcpFlags.rawValue] + big(64_240) + [0, 0, 0, 0]
    return summed(bytes + options + query.payload, at: 16, query)
  }

  private static func ports(_ query: PacketQuery) -> [UInt8] {
    big(query.source.port?.number ?? 0) + big(query.destination.port?.number ?? 0)
  }

  /// Fills in the checksum of a header that is summed with the pseudo header.
  private static func summed(_ bytes: [UInt8], at offset: Int, _ query: PacketQuery) -> [UInt8] {
    let length = UInt16(truncatingIfNeeded: bytes.count)
    let pseudo =
      query.source.address.bytes + query.destination.address.bytes
      + [0, query.transport.rawValue] + big(length)
    var bytes = bytes
    bytes.replaceSubrange(offset..<offset + 2, with: big(checksum(pseudo + bytes)))
    return bytes
  }

  /// Fills in the checksum of the IPv4 header that begins at `start`.
  static func sumHeader(_ bytes: inout [UInt8], at start: Int) {
    let end = start + Int(bytes[start] & 15) * 4
    bytes.replaceSubrange(start + 10..<start + 12, with: [0, 0])
    bytes.replaceSubrange(start + 10..<start + 12, with: big(checksum(Array(bytes[start..<end]))))
  }

  /// The internet checksum (RFC 1071).
  private static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
      sum += index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte)
      sum = (sum & 0xffff) + sum >> 16
    }
    return ~UInt16(truncatingIfNeeded: sum)
  }

  private static func big(_ value: UInt16) -> [UInt8] {
    [UInt8(value >> 8), UInt8(value & 0xff)]
  }
}
