internal import DecisionDiagram
internal import Model

/// Checksums, which the kernel does not compute anew after a change but corrects by the difference
/// (RFC 1624): a packet that arrived with a wrong one keeps it wrong.
extension Run {
  /// Corrects the checksum at `place` of the network header for bytes that changed. What only the
  /// sender knows stays unknown, and what can't be computed becomes so.
  ///
  /// - Parameter isMangled: whether 0, which means *none* to UDP, is written as 0xffff
  ///   (`CSUM_MANGLED_0`).
  func correctChecksum(
    at place: Int, from old: SymbolicBytes, to new: SymbolicBytes, _ matched: Node,
    isMangled: Bool = false
  ) {
    guard place >= 0, place + 2 <= state.network.count, old != new,
      !state.unknown.contains(where: { $0.range.overlaps(place..<place + 2) })
    else { return }
    let current = state.network[place..<place + 2]
    guard let sum = current.constant, let from = old.constant, let to = new.constant else {
      state.unknown.append(UnknownField("a checksum that was corrected", place..<place + 2))
      return
    }
    var result = Self.corrected(UInt16(sum[0]) << 8 | UInt16(sum[1]), from: from, to: to)
    if isMangled, result == 0 { result = 0xffff }
    let bytes = SymbolicBytes(Self.be16(result))
    state.network.write(diagram.choose(matched, bytes, current), at: place)
  }

  /// Source: `csum_replace4` and its siblings, include/net/checksum.h. Bytes are taken as words
  /// from the first on, wherever they stand.
  private static func corrected(_ sum: UInt16, from old: [UInt8], to new: [UInt8]) -> UInt16 {
    // 0xffff changes nothing but that the total is never 0, as it is not in the kernel either.
    var total = UInt32(~sum) + 0xffff
    for (index, byte) in old.enumerated() {
      total += index % 2 == 0 ? UInt32(~byte) << 8 : UInt32(~byte)
    }
    if old.count % 2 == 1 { total += 0xff }
    for (index, byte) in new.enumerated() {
      total += index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte)
    }
    while total >> 16 != 0 { total = total & 0xffff + total >> 16 }
    return ~UInt16(truncatingIfNeeded: total)
  }

  /// Where the transport's checksum over the addresses stands; `nil` if it has none.
  ///
  /// Source: `nft_payload_l4csum_offset`, net/netfilter/nft_payload.c.
  var transportChecksum: Int? {
    guard let transport = state.transport, state.fragmentOffset == 0 else { return nil }
    switch TransportProtocol(rawValue: transport) {
    case .tcp: return state.transportOffset + 16
    case .udp: return hasDatagramChecksum ? state.transportOffset + 6 : nil
    case .udplite: return state.transportOffset + 6
    case .icmpv6: return state.transportOffset + 2
    default: return nil
    }
  }

  private var hasDatagramChecksum: Bool {
    let start = state.transportOffset + 6
    guard start + 2 <= state.network.count else { return false }
    return state.network.constant(start..<start + 2) != [0, 0]
  }

  /// `ip_decrease_ttl`, include/net/ip.h.
  func decreaseTimeToLive() {
    let place = state.family == .v4 ? 8 : 7
    guard let value = state.network.constant(place..<place + 1)?.first, value > 0 else { return }
    state.network.write([value - 1], at: place)
    guard state.family == .v4, !state.unknown.contains(where: { $0.range.overlaps(10..<12) }),
      let sum = state.network.constant(10..<12)
    else { return }
    let wide = UInt32(sum[0]) << 8 + UInt32(sum[1]) + 0x0100
    let check = wide & 0xffff + wide >> 16
    let settled = check == 0xffff ? 0 : check
    state.network.write(Self.be16(UInt16(truncatingIfNeeded: settled)), at: 10)
  }

  /// Writes what NAT made of a packet's address or port, and corrects the checksums over them.
  ///
  /// Source: net/netfilter/nf_nat_proto.c.
  func translate(
    _ set: Node, source: Bool, address: SymbolicBytes?, port: SymbolicBytes?
  ) {
    guard let family = state.family else { return }
    let isFour = family == .v4
    let oldAddress = source ? state.source(family) : state.destination(family)
    let oldPort = state.hasPorts ? (source ? state.sourcePort : state.destinationPort) : nil
    state.translate(source: source, address: address, port: port)
    if let address, isFour { correctChecksum(at: 10, from: oldAddress, to: address, set) }
    let isDatagram = state.transport == TransportProtocol.udp.rawValue
    var place = transportChecksum
    if state.transport == TransportProtocol.tcp.rawValue, state.transportLength < 20 {
      place = nil
    }
    if state.transport == TransportProtocol.dccp.rawValue, state.transportLength >= 16 {
      place = state.transportOffset + 6
    }
    if let place {
      if let address {
        correctChecksum(at: place, from: oldAddress, to: address, set)
      }
      if let port, let oldPort {
        correctChecksum(at: place, from: oldPort, to: port, set, isMangled: isDatagram)
      } else if isDatagram, state.network.constant(place..<place + 2) == [0, 0] {
        state.network.write([0xff, 0xff], at: place)
      }
    } else if state.transport == TransportProtocol.sctp.rawValue, state.transportLength >= 12,
      port != nil && port != oldPort
    {
      let place = state.transportOffset + 8
      state.unknown.append(UnknownField("SCTP's checksum after NAT", place..<place + 4))
    }
  }
}
