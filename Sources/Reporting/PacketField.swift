internal import Model

/// One member of a packet's JSON object, read as what its key stands for.
struct PacketField {
  let name: String
  let value: JSONValue

  func error(_ expected: String) -> PacketJSONError {
    PacketJSONError("\"\(name)\" takes \(expected)")
  }

  func number<Number: FixedWidthInteger>(
    upTo limit: Number = .max
  ) throws(PacketJSONError) -> Number {
    guard case .integer(let wide) = value, let number = Number(exactly: wide), number >= 0,
      number <= limit
    else { throw error("a number from 0 to \(limit)") }
    return number
  }

  func text() throws(PacketJSONError) -> String {
    guard case .string(let text) = value, !text.isEmpty else { throw error("a text") }
    return text
  }

  func flag() throws(PacketJSONError) -> Bool {
    guard case .bool(let flag) = value else { throw error("true or false") }
    return flag
  }

  func choice<Value>(_ choices: [String: Value]) throws(PacketJSONError) -> Value {
    guard case .string(let word) = value, let choice = choices[word] else {
      throw error("one of " + choices.keys.sorted().joined(separator: ", "))
    }
    return choice
  }

  /// Bytes in hexadecimal; blanks between them and colons are allowed.
  func bytes(upTo limit: Int = 65_535) throws(PacketJSONError) -> [UInt8] {
    guard case .string(let text) = value, let bytes = Self.hexadecimal(text) else {
      throw error("bytes in hexadecimal")
    }
    guard bytes.count <= limit else { throw error("at most \(limit) bytes") }
    return bytes
  }

  private static func hexadecimal(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text.utf8 {
      let digit: UInt8
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = character - UInt8(ascii: "A") + 10
      case UInt8(ascii: " "), UInt8(ascii: ":"):
        guard high == nil else { return nil }
        continue
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return high == nil ? bytes : nil
  }

  func hardwareAddress() throws(PacketJSONError) -> [UInt8] {
    guard case .string(let text) = value, let bytes = Self.hexadecimal(text), bytes.count == 6
    else { throw error("a hardware address such as 02:00:00:00:00:01") }
    return bytes
  }

  func endpoint() throws(PacketJSONError) -> Endpoint {
    guard case .string(let text) = value, let endpoint = Endpoint(text) else {
      throw error("an address, with a port as in 10.9.0.2:40000 or [fd09::2]:40000")
    }
    return endpoint
  }

  func transport() throws(PacketJSONError) -> TransportProtocol {
    if case .string(let text) = value {
      if let transport = TransportProtocol(text) { return transport }
      // The names that /etc/protocols has for others.
      let others: [String: UInt8] = [
        "igmp": 2, "ipip": 4, "ipv6": 41, "rsvp": 46, "comp": 108, "vrrp": 112, "ospf": 89,
        "pim": 103, "l2tp": 115, "mpls": 137, "eigrp": 88,
      ]
      if let number = others[text] { return TransportProtocol(rawValue: number) }
      if text == "ipv6-icmp" || text == "icmp6" { return .icmpv6 }
    } else if case .integer(let number) = value, let number = UInt8(exactly: number) {
      return TransportProtocol(rawValue: number)
    }
    throw error("tcp, udp, icmp, icmpv6, sctp, gre, esp, another such name, or a number")
  }

  func conntrackState() throws(PacketJSONError) -> ConntrackState {
    guard case .string(let word) = value,
      let state = ConntrackState.allCases.first(where: { $0.name == word })
    else { throw error("new, established, related, invalid or untracked") }
    return state
  }

  func packetType() throws(PacketJSONError) -> UInt8 {
    if case .integer = value { return try number(upTo: 3) }
    return try choice([
      "host": 0, "unicast": 0, "broadcast": 1, "multicast": 2, "otherhost": 3, "other": 3,
    ])
  }

  /// A list of names, or the header's byte.
  func tcpFlags() throws(PacketJSONError) -> TCPFlags {
    let expected = "a list out of fin, syn, rst, psh, ack, urg, ece, cwr"
    if case .integer = value { return TCPFlags(rawValue: try number()) }
    guard case .array(let list) = value else { throw error(expected) }
    var flags: TCPFlags = []
    for item in list {
      guard case .string(let word) = item,
        let flag = TCPFlags.names.first(where: { $0.1 == word })?.0
      else { throw error(expected) }
      flags.insert(flag)
    }
    return flags
  }

  func fragmentOffset() throws(PacketJSONError) -> UInt16 {
    let offset: UInt16 = try number(upTo: 65_528)
    guard offset % 8 == 0 else { throw error("an offset in bytes, a multiple of 8") }
    return offset
  }

  /// A list of names (`hopopts rt frag dst ah mh`), of numbers, or of objects with `type` and
  /// `data` (what follows the next header byte, in hexadecimal).
  func extensions() throws(PacketJSONError) -> [PacketDetails.Extension] {
    guard case .array(let list) = value, list.count <= 16 else {
      throw error("a list of IPv6 extension headers")
    }
    var result: [PacketDetails.Extension] = []
    for item in list {
      guard case .object(let members) = item else {
        let type = try PacketField(name: name, value: item).extensionType()
        result.append(PacketDetails.Extension(type: type, bytes: []))
        continue
      }
      var type: UInt8?
      var bytes: [UInt8] = []
      for member in members {
        let part = PacketField(name: member.name, value: member.value)
        switch member.name {
        case "type": type = try part.extensionType()
        case "data": bytes = try part.bytes(upTo: 2047)
        default: throw PacketJSONError("\"\(member.name)\" is not a key of an extension header")
        }
      }
      guard let type else { throw error("extension headers with a \"type\"") }
      result.append(PacketDetails.Extension(type: type, bytes: bytes))
    }
    return result
  }

  private func extensionType() throws(PacketJSONError) -> UInt8 {
    if case .integer = value { return try number() }
    return try choice([
      "hopopts": 0, "hbh": 0, "rt": 43, "routing": 43, "frag": 44, "fragment": 44, "ah": 51,
      "none": 59, "dst": 60, "dstopts": 60, "mh": 135,
    ])
  }
}

/// What the answer says of a packet that was given as a frame.
struct FrameSummary {
  private(set) var transport = TransportProtocol(rawValue: 255)
  private(set) var source = Endpoint(.anyV4)
  private(set) var destination = Endpoint(.anyV4)

  /// - Parameter frame: bytes from the Ethernet header on; of other than IP nothing is said.
  init(_ frame: [UInt8]) {
    guard frame.count >= 14 else { return }
    let packet = frame[14...]
    if frame[12] == 0x08, frame[13] == 0x00 {
      readIPv4(Array(packet))
    } else if frame[12] == 0x86, frame[13] == 0xdd {
      readIPv6(Array(packet))
    }
  }

  private mutating func readIPv4(_ packet: [UInt8]) {
    guard packet.count >= 20 else { return }
    transport = TransportProtocol(rawValue: packet[9])
    addresses(packet[12..<16], packet[16..<20])
    guard packet[6] & 0x1f == 0, packet[7] == 0 else { return }
    ports(packet, at: Int(packet[0] & 15) * 4)
  }

  private mutating func readIPv6(_ packet: [UInt8]) {
    guard packet.count >= 40 else { return }
    addresses(packet[8..<24], packet[24..<40])
    var next = packet[6]
    var offset = 40
    while [0, 43, 44, 51, 60].contains(next), offset + 8 <= packet.count {
      let length =
        switch next {
        case 44: 8
        case 51: (Int(packet[offset + 1]) + 2) * 4
        default: (Int(packet[offset + 1]) + 1) * 8
        }
      next = packet[offset]
      offset += length
    }
    transport = TransportProtocol(rawValue: next)
    ports(packet, at: offset)
  }

  private mutating func addresses(_ from: ArraySlice<UInt8>, _ to: ArraySlice<UInt8>) {
    guard let from = IPAddress(bytes: from), let to = IPAddress(bytes: to) else { return }
    source = Endpoint(from)
    destination = Endpoint(to)
  }

  private mutating func ports(_ packet: [UInt8], at offset: Int) {
    guard transport.hasPorts, offset + 4 <= packet.count else { return }
    source.port = Port(UInt16(packet[offset]) << 8 | UInt16(packet[offset + 1]))
    destination.port = Port(UInt16(packet[offset + 2]) << 8 | UInt16(packet[offset + 3]))
  }
}
