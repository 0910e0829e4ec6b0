internal import Model

/// Turns a question into the bytes of a packet, with the contract's defaults.
struct PacketBuilder {
  let query: PacketQuery

  /// A packet's bytes, and which of them only the sending kernel knows.
  struct Result {
    var link: [UInt8]
    var network: [UInt8]
    var etherType: UInt16
    /// Ranges of `network` that the kernel fills in as it likes, with a name for people.
    var unknown: [(name: String, range: Range<Int>)]
  }

  /// - Returns: `nil` if source and destination differ in family.
  func build() -> Result? {
    if let frame = query.frame { return Self.split(frame) }
    let family = query.destination.address.family
    guard query.source.address.family == family else { return nil }
    var unknown: [(name: String, range: Range<Int>)] = []
    let isOwn = query.inputInterface == nil
    let headerLength = family == .v4 ? 20 : 40
    let transport = transportHeader(&unknown, base: headerLength, isOwn: isOwn)
    var network = family == .v4 ? ipv4Header(transport.count) : ipv6Header(transport.count)
    if isOwn, family == .v4 {
      unknown.append(("the IP id that the kernel chooses", 4..<6))
      unknown.append(("the IP checksum", 10..<12))
    }
    network += transport
    fillChecksums(&network, headerLength: headerLength)
    let link = isOwn ? [] : [UInt8](repeating: 0, count: 12) + be16(family.etherType)
    return Result(
      link: link, network: network, etherType: family.etherType, unknown: unknown)
  }

  private static func split(_ frame: [UInt8]) -> Result? {
    guard frame.count >= 14 else { return nil }
    return Result(
      link: Array(frame[0..<14]), network: Array(frame[14...]),
      etherType: UInt16(frame[12]) << 8 | UInt16(frame[13]), unknown: [])
  }

  private func ipv4Header(_ payloadLength: Int) -> [UInt8] {
    var header: [UInt8] = [0x45, query.dscp << 2 | query.ecn & 3]
    header += be16(UInt16(truncatingIfNeeded: 20 + payloadLength))
    header += [0, 1, 0x40, 0, query.ttl ?? 64, query.transport.rawValue, 0, 0]
    return header + query.source.address.bytes + query.destination.address.bytes
  }

  private func ipv6Header(_ payloadLength: Int) -> [UInt8] {
    let trafficClass = query.dscp << 2 | query.ecn & 3
    var header: [UInt8] = [0x60 | trafficClass >> 4, trafficClass << 4, 0, 0]
    header += be16(UInt16(truncatingIfNeeded: payloadLength))
    header += [query.transport.rawValue, query.ttl ?? 64]
    return header + query.source.address.bytes + query.destination.address.bytes
  }

  private func transportHeader(
    _ unknown: inout [(name: String, range: Range<Int>)], base: Int, isOwn: Bool
  ) -> [UInt8] {
    let source = query.source.port?.number ?? 0
    let destination = query.destination.port?.number ?? 0
    if isOwn, query.source.port == nil, query.transport.hasPorts {
      unknown.append(("the source port that the kernel chooses", base..<base + 2))
    }
    switch query.transport {
    case .tcp:
      let options = tcpOptions(isOwn: isOwn)
      if isOwn {
        unknown.append(("the TCP sequence number", base + 4..<base + 8))
        unknown.append(("the TCP checksum", base + 16..<base + 18))
        if query.tcpOptions == nil, query.tcpFlags.contains(.syn) {
          unknown.append(("the TCP timestamp", base + 28..<base + 32))
        }
      }
      var header = be16(source) + be16(destination) + [0, 0, 0, 1]
      header += [0, 0, 0, query.tcpFlags.contains(.ack) ? 1 : 0]
      let words = UInt8(truncatingIfNeeded: (20 + options.count) / 4)
      header += [words << 4, query.tcpFlags.rawValue]
      header += be16(64240) + [0, 0, 0, 0]
      return header + options + query.payload
    case .udp, .udplite:
      return be16(source) + be16(destination)
        + be16(UInt16(truncatingIfNeeded: 8 + query.payload.count)) + [0, 0] + query.payload
    case .icmp, .icmpv6:
      let echo: UInt8 = query.transport == .icmp ? 8 : 128
      return [query.icmpType ?? echo, query.icmpCode, 0, 0, 0, 1, 0, 1] + query.payload
    case .sctp, .dccp:
      return be16(source) + be16(destination) + [UInt8](repeating: 0, count: 8) + query.payload
    default:
      return query.payload
    }
  }

  /// Padded to a multiple of four bytes.
  private func tcpOptions(isOwn: Bool) -> [UInt8] {
    let mss: [UInt8] = query.destination.address.family == .v4 ? [2, 4, 5, 0xb4] : [2, 4, 5, 0xa0]
    var options: [UInt8]
    if let given = query.tcpOptions {
      options = given
    } else if !query.tcpFlags.contains(.syn) {
      options = []
    } else if isOwn {
      // What Linux sends: MSS, SACK permitted, timestamps, window scale (net/ipv4/tcp_output.c).
      options = mss + [4, 2, 8, 10] + [UInt8](repeating: 0, count: 8) + [1, 3, 3, 7]
    } else {
      options = [2, 4, 5, 0xb4]
    }
    while options.count % 4 != 0 { options.append(0) }
    return options
  }

  private func fillChecksums(_ packet: inout [UInt8], headerLength: Int) {
    if headerLength == 20 {
      let sum = Self.checksum(packet[0..<20], start: 0)
      packet[10] = UInt8(sum >> 8)
      packet[11] = UInt8(sum & 0xff)
    }
    let place: Int? =
      switch query.transport {
      case .tcp: 16
      case .udp: 6
      case .icmp, .icmpv6: 2
      default: nil
      }
    guard let place, packet.count >= headerLength + place + 2 else { return }
    var start: UInt32 = 0
    if query.transport != .icmp {
      let addresses = query.source.address.bytes + query.destination.address.bytes
      start = Self.sum(addresses[...])
      start += UInt32(query.transport.rawValue) + UInt32(packet.count - headerLength)
    }
    var sum = Self.checksum(packet[headerLength...], start: start)
    if query.transport == .udp, sum == 0 { sum = 0xffff }
    packet[headerLength + place] = UInt8(sum >> 8)
    packet[headerLength + place + 1] = UInt8(sum & 0xff)
  }

  private static func sum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var total: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
      total += index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte)
    }
    return total
  }

  /// The internet checksum (RFC 1071).
  private static func checksum(_ bytes: ArraySlice<UInt8>, start: UInt32) -> UInt16 {
    var total = start + sum(bytes)
    while total >> 16 != 0 { total = total & 0xffff + total >> 16 }
    return ~UInt16(truncatingIfNeeded: total)
  }

  private func be16(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }
}
