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
    var unknown: [UnknownField]
  }

  /// Whether the sending kernel fills in what an ordinary socket does not choose.
  private var isOrdinary: Bool {
    if case .stranger = query.ownership { return true }
    return query.inputInterface == nil && !query.details.isCrafted
  }

  private var family: IPFamily { query.destination.address.family }

  /// - Returns: `nil` if source and destination differ in family.
  func build() -> Result? {
    if let frame = query.frame { return Self.split(frame) }
    guard query.source.address.family == family else { return nil }
    var unknown: [UnknownField] = []
    let (extensions, first) = family == .v6 ? extensionHeaders() : ([], query.transport.rawValue)
    var network: [UInt8] = []
    var transport: [UInt8]
    let base = (family == .v4 ? 20 + ipv4Options.count : 40 + extensions.count)
    let isLaterPiece = (query.details.fragment?.offset ?? 0) > 0
    if isLaterPiece {
      transport = query.payload
    } else {
      transport = transportHeader(&unknown, base: base)
      fillChecksum(&transport)
    }
    switch family {
    case .v4: network = ipv4Header(payloadLength: transport.count)
    case .v6: network = ipv6Header(payloadLength: extensions.count + transport.count, next: first)
    }
    if isOrdinary, family == .v4 {
      if query.details.identification == nil {
        unknown.append(UnknownField("the IP id that the kernel chooses", 4..<6))
      }
      unknown.append(UnknownField("the IP checksum", 10..<12))
    } else if isOrdinary {
      // A hash of the flow with a secret (net.ipv6.auto_flowlabels, `ip6_make_flowlabel`).
      unknown.append(UnknownField("the flow label", 1..<4, likely: 0x5_5555, knownBits: 4))
    }
    if query.inputInterface != nil, query.ownership == .stranger(isOnLink: false) {
      let place = family == .v4 ? 8 : 7
      // Most senders start at 64, and most ways are short.
      unknown.append(
        UnknownField("the TTL that is left on arrival", place..<place + 1, likely: 60))
    }
    network += extensions + transport
    let link =
      query.inputInterface == nil ? [] : [UInt8](repeating: 0, count: 12) + be16(family.etherType)
    return Result(link: link, network: network, etherType: family.etherType, unknown: unknown)
  }

  private static func split(_ frame: [UInt8]) -> Result? {
    guard frame.count >= 14 else { return nil }
    // A tag is taken off before anything looks (`skb_vlan_untag`), but payload expressions see it.
    if frame.count >= 18, [[0x81, 0x00], [0x88, 0xa8]].contains(Array(frame[12..<14])) {
      return Result(
        link: Array(frame[0..<18]), network: Array(frame[18...]),
        etherType: UInt16(frame[16]) << 8 | UInt16(frame[17]), unknown: [])
    }
    return Result(
      link: Array(frame[0..<14]), network: Array(frame[14...]),
      etherType: UInt16(frame[12]) << 8 | UInt16(frame[13]), unknown: [])
  }

  // MARK: Network headers

  /// Padded to whole words with end-of-list bytes.
  private var ipv4Options: [UInt8] {
    guard family == .v4 else { return [] }
    let options = query.details.ipOptions.prefix(40)
    return options + [UInt8](repeating: 0, count: (4 - options.count % 4) % 4)
  }

  private func ipv4Header(payloadLength: Int) -> [UInt8] {
    let options = ipv4Options
    let length = 20 + options.count
    var header: [UInt8] = [0x40 | UInt8(length / 4), query.dscp << 2 | query.ecn & 3]
    header += be16(UInt16(truncatingIfNeeded: length + payloadLength))
    header += be16(UInt16(truncatingIfNeeded: query.details.identification ?? 1))
    if let fragment = query.details.fragment {
      header += be16(fragment.offset / 8 | (fragment.hasMore ? 0x2000 : 0))
    } else {
      header += [0x40, 0]
    }
    header += [query.ttl ?? 64, query.transport.rawValue, 0, 0]
    header += query.source.address.bytes + query.destination.address.bytes + options
    let sum = Self.checksum(header[...], start: 0)
    header[10] = UInt8(sum >> 8)
    header[11] = UInt8(sum & 0xff)
    return header
  }

  private func ipv6Header(payloadLength: Int, next: UInt8) -> [UInt8] {
    let trafficClass = query.dscp << 2 | query.ecn & 3
    var header: [UInt8] = [0x60 | trafficClass >> 4, trafficClass << 4, 0, 0]
    header += be16(UInt16(truncatingIfNeeded: payloadLength))
    header += [next, query.ttl ?? 64]
    return header + query.source.address.bytes + query.destination.address.bytes
  }

  /// The extension headers, and the number of the first header behind the fixed one.
  private func extensionHeaders() -> (bytes: [UInt8], first: UInt8) {
    var list = query.details.extensions
    if let fragment = query.details.fragment, !list.contains(where: { $0.type == 44 }) {
      let place = fragment.offset & 0xfff8 | (fragment.hasMore ? 1 : 0)
      let id = query.details.identification ?? 1
      list.append(
        PacketDetails.Extension(
          type: 44,
          bytes: [0] + be16(place) + (0..<4).map { UInt8(truncatingIfNeeded: id >> (24 - 8 * $0)) })
      )
    }
    var result: [UInt8] = []
    for (index, header) in list.enumerated() {
      let next = index + 1 < list.count ? list[index + 1].type : query.transport.rawValue
      var bytes = [next] + header.bytes
      let unit = header.type == 51 ? 4 : 8
      bytes += [UInt8](repeating: 0, count: max(8 - bytes.count, 0))
      bytes += [UInt8](repeating: 0, count: (unit - bytes.count % unit) % unit)
      if header.bytes.isEmpty {
        // An empty header of its kind: options are a padding of the rest (PadN).
        if header.type == 0 || header.type == 60 { bytes[2...3] = [1, 4] }
        if header.type == 51 { bytes[1] = UInt8(truncatingIfNeeded: bytes.count / 4 - 2) }
      } else if header.type != 44, header.bytes.first == 0, bytes.count > 8 {
        bytes[1] = UInt8(
          truncatingIfNeeded: header.type == 51 ? bytes.count / 4 - 2 : bytes.count / 8 - 1)
      }
      result += bytes
    }
    return (result, list.first?.type ?? query.transport.rawValue)
  }

  // MARK: Transport headers

  private func transportHeader(
    _ unknown: inout [UnknownField], base: Int
  ) -> [UInt8] {
    let source = query.source.port?.number ?? 0
    let destination = query.destination.port?.number ?? 0
    if isOrdinary, query.source.port == nil, query.transport.hasPorts {
      unknown.append(UnknownField("the source port that the kernel chooses", base..<base + 2))
    }
    switch query.transport {
    case .tcp:
      if isOrdinary {
        unknown.append(UnknownField("the TCP sequence number", base + 4..<base + 8))
        unknown.append(UnknownField("the TCP checksum", base + 16..<base + 18))
        if query.tcpOptions == nil, query.tcpFlags.contains(.syn) {
          unknown.append(UnknownField("the TCP timestamp", base + 28..<base + 32))
        }
      }
      return tcpHeader(source, destination) + query.payload
    case .udp, .udplite:
      if isOrdinary { unknown.append(UnknownField("the UDP checksum", base + 6..<base + 8)) }
      return be16(source) + be16(destination)
        + be16(UInt16(truncatingIfNeeded: 8 + query.payload.count)) + [0, 0] + query.payload
    case .icmp, .icmpv6:
      return icmpHeader() + query.payload
    case .sctp, .dccp:
      return be16(source) + be16(destination) + [UInt8](repeating: 0, count: 8) + query.payload
    default:
      return query.payload
    }
  }

  private func tcpHeader(_ source: UInt16, _ destination: UInt16) -> [UInt8] {
    let options = tcpOptions()
    var header = be16(source) + be16(destination) + [0, 0, 0, 1]
    header += [0, 0, 0, query.tcpFlags.contains(.ack) ? 1 : 0]
    let words = UInt8(truncatingIfNeeded: (20 + options.count) / 4)
    header += [words << 4, query.tcpFlags.rawValue]
    return header + be16(window) + [0, 0, 0, 0] + options
  }

  /// A SYN offers the most whole segments in 64 KiB, half of the usual receive buffer
  /// (`tcp_select_initial_window`, net/ipv4/tcp_output.c).
  private var window: UInt16 {
    guard isOrdinary, query.tcpFlags.contains(.syn) else { return 64240 }
    let segment = UInt32(max(maximumSegment, 1))
    return UInt16(clamping: 65536 / segment * segment)
  }

  private var maximumSegment: UInt16 {
    query.details.maximumSegment ?? (isOrdinary && family == .v6 ? 1440 : 1460)
  }

  /// Padded to a multiple of four bytes.
  private func tcpOptions() -> [UInt8] {
    let segment: [UInt8] = [2, 4] + be16(maximumSegment)
    var options: [UInt8]
    if let given = query.tcpOptions {
      options = Array(given.prefix(40))
    } else if !query.tcpFlags.contains(.syn) {
      options = []
    } else if isOrdinary {
      // What Linux sends: MSS, SACK permitted, timestamps, window scale (net/ipv4/tcp_output.c).
      options = segment + [4, 2, 8, 10] + [UInt8](repeating: 0, count: 8) + [1, 3, 3, 7]
    } else {
      options = segment
    }
    while options.count % 4 != 0 { options.append(0) }
    return options
  }

  /// An echo request, or an error with the packet that it quotes.
  private func icmpHeader() -> [UInt8] {
    let isV4 = query.transport == .icmp
    if case .packet(let quoted)? = query.details.quote {
      var sent = quoted
      // What is quoted went over the wire: all of it is known.
      sent.details.isCrafted = true
      let packet = PacketBuilder(query: sent).build()?.network ?? []
      let type = query.icmpType ?? (isV4 ? 3 : 1)
      return [type, query.icmpCode, 0, 0, 0, 0, 0, 0] + packet
    }
    let type = query.icmpType ?? (isV4 ? 8 : 128)
    return [type, query.icmpCode, 0, 0] + be16(query.details.icmpID ?? 0)
      + be16(query.details.icmpSequence ?? 1)
  }

  // MARK: Checksums

  private func fillChecksum(_ transport: inout [UInt8]) {
    let place: Int? =
      switch query.transport {
      case .tcp: 16
      case .udp: 6
      case .icmp, .icmpv6: 2
      default: nil
      }
    guard let place, transport.count >= place + 2 else { return }
    var start: UInt32 = 0
    if query.transport != .icmp {
      start = Self.sum(query.source.address.bytes[...])
      start += Self.sum(query.destination.address.bytes[...])
      start += UInt32(query.transport.rawValue) + UInt32(transport.count)
    }
    var sum = Self.checksum(transport[...], start: start)
    if query.transport == .udp, sum == 0 { sum = 0xffff }
    transport[place] = UInt8(sum >> 8)
    transport[place + 1] = UInt8(sum & 0xff)
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
