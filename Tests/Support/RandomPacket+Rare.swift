internal import Model

/// Packets that are rare on the wire: other protocols, pieces, broken headers, foreign frames.
extension RandomPacket {
  /// The bytes behind the IP header of a protocol that `PacketBytes` does not know.
  mutating func rareTransport(_ query: PacketQuery) -> [UInt8] {
    let ports =
      Self.big(query.source.port?.number ?? 0) + Self.big(query.destination.port?.number ?? 0)
    switch query.transport {
    case .sctp:
      // INIT (RFC 9260, 3.3.2): tag, window, streams and first number; sometimes another chunk.
      let initial: [UInt8] = [1, 0, 0, 20, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1]
      let more: [UInt8] = random.chance(10) ? [0, 3, 0, 17] + random.bytes(12) + [9, 0, 0, 0] : []
      var bytes = ports + [0, 0, 0, 0, 0, 0, 0, 0] + initial + more
      if random.chance(5) { bytes[19] ^= 1 }
      bytes.replaceSubrange(8..<12, with: Self.castagnoli(bytes))
      return bytes
    case .dccp:
      // A request (RFC 4340, 5.1) with a long sequence number and a service code.
      return ports + [5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0] + random.bytes(8)
    case .udplite: return ports + [0, 0, 0, 0] + random.bytes(4)
    case .gre: return [0, 0, 8, 0, 0x45, 0] + random.bytes(20)
    case .ah:
      let head: [UInt8] = [17, 4, 0, 0, 0, 0, 0, random.pick([5, 1])]
      return head + random.bytes(16) + [0x9c, 0x40, 0, 22, 0, 8]
    default: return [0, 0, 0, random.pick([5, 1, 0]), 0, 0, 0, 1] + random.bytes(random.below(24))
    }
  }

  /// CRC32c (RFC 3309), in the order in which it is sent.
  private static func castagnoli(_ bytes: [UInt8]) -> [UInt8] {
    var crc: UInt32 = 0xffff_ffff
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1 }
    }
    crc = ~crc
    return (0..<4).map { UInt8(truncatingIfNeeded: crc >> (8 * UInt32($0))) }
  }

  static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }

  /// Spoils a frame, or makes a piece of it.
  mutating func spoil(_ frame: inout [UInt8], isV4: Bool) {
    let header = 14 + (isV4 ? Int(frame[14] & 15) * 4 : 40)
    switch random.below(10) {
    case 0 where isV4:
      // A later piece, or the first of more.
      let place = random.pick([UInt16(0x2000), 0x2001, 1, 2, 0x00b9, 0x2007])
      frame.replaceSubrange(20..<22, with: Self.big(place))
    case 1:
      // Padding behind the packet, as short frames have it.
      frame += random.bytes(random.number(1...20))
    case 2 where frame.count > header + 9 && frame[isV4 ? 23 : 20] != 47:
      // Shorter than the transport header wants.
      let rest = random.pick([0, 2, 4, 8])
      guard isV4 || ![0, 43, 44, 51, 60].contains(frame[20]) else { return }
      frame.removeLast(frame.count - header - min(rest, frame.count - header))
      setLength(&frame, isV4: isV4)
    case 3:
      // Somebody else's: seen at ingress alone.
      frame[5] = 0x55
    case 4:
      frame.insert(contentsOf: [0x81, 0, 0, random.pick([5, 0, 7])], at: 12)
    case 5 where isV4: frame[14] = random.pick([0x44, 0x4f, 0x55, 0x65])
    case 6:
      guard isV4 || ![0, 43, 44, 51, 60].contains(frame[20]) else { return }
      let place = isV4 ? 16 : 18
      frame.replaceSubrange(place..<place + 2, with: Self.big(UInt16(random.below(90))))
    case 7 where !isV4: insertHeaders(&frame)
    default:
      guard frame.count > header + 13, frame[isV4 ? 23 : 20] == 6 else { return }
      let words: UInt8 = random.pick([4, 5, 15, 0])
      // Its checksum is wrong from then on.
      frame[header + 12] = words << 4
    }
  }

  private func setLength(_ frame: inout [UInt8], isV4: Bool) {
    let length = UInt16(frame.count - 14 - (isV4 ? 0 : 40))
    let place = isV4 ? 16 : 18
    frame.replaceSubrange(place..<place + 2, with: Self.big(length))
  }

  /// Several extension headers before the transport.
  private mutating func insertHeaders(_ frame: inout [UInt8]) {
    for _ in 0..<random.number(1...3) {
      let type: UInt8 = random.pick([60, 43, 51, 44])
      let header: [UInt8]
      switch type {
      case 44: header = [frame[20], 0, 0, random.pick([0, 1, 8, 9])] + random.bytes(4)
      case 51: header = [frame[20], 4] + random.bytes(22)
      case 43: header = [frame[20], 0, random.pick([0, 4]), 0, 0, 0, 0, 0]
      default: header = [frame[20], 0, 1, 4, 0, 0, 0, 0]
      }
      frame.insert(contentsOf: header, at: 54)
      frame[20] = type
    }
    setLength(&frame, isV4: false)
  }
}
