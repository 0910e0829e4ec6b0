internal import DecisionDiagram
internal import Model

extension Run {
  /// Source: net/netfilter/nft_payload.c, `nft_payload_eval` and `nft_payload_fast_eval`.
  func evaluate(_ payload: Payload) -> Node {
    if let start = plainStart(payload.base) {
      let (first, count) = (start + payload.offset, payload.length)
      guard first >= 0, count >= 0, first + count <= state.network.count else { return .never }
      if registers.store(first..<first + count, of: state.network, at: payload.destination) {
        return .always
      }
    }
    guard let bytes = packetBytes(payload.base, payload.offset, payload.length) else {
      return .never
    }
    registers.store(bytes, at: payload.destination)
    return .always
  }

  /// Where a base starts, for a packet of which every byte is known and no byte lies elsewhere.
  private func plainStart(_ base: PayloadBase) -> Int? {
    guard state.unknown.isEmpty else { return nil }
    switch base {
    case .network: return 0
    case .transport:
      return state.transport == nil || state.fragmentOffset != 0 ? nil : state.transportOffset
    case .link, .inner, .tunnel: return nil
    }
  }

  /// The packet's bytes at a payload offset, or `nil` where the kernel breaks.
  private func packetBytes(_ base: PayloadBase, _ offset: Int, _ length: Int) -> SymbolicBytes? {
    switch base {
    case .link:
      guard offset >= 0, !state.link.bytes.isEmpty else { return nil }
      if offset < 12, offset + length > 6 { settleLink() }
      let end = offset + length
      if end <= state.link.count { return state.link[offset..<end] }
      var whole = state.link
      whole.append(state.network)
      return end <= whole.count ? whole[offset..<end] : nil
    case .network:
      return slice(at: offset, length)
    case .transport:
      guard state.transport != nil else { return nil }
      if state.fragmentOffset != 0, !Self.isFast(offset, length) { return nil }
      return slice(at: state.transportOffset + offset, length)
    case .inner:
      guard let start = innerOffset() else { return nil }
      return slice(at: start + offset, length)
    case .tunnel:
      return nil
    }
  }

  private func slice(at start: Int, _ length: Int) -> SymbolicBytes? {
    guard start >= 0, length >= 0, start + length <= state.network.count else { return nil }
    settle(start..<start + length)
    return state.network[start..<start + length]
  }

  /// Loads of 1, 2 or 4 aligned bytes skip the check for fragments.
  private static func isFast(_ offset: Int, _ length: Int) -> Bool {
    [1, 2, 4].contains(length) && offset % length == 0
  }

  /// Where the transport's own payload starts (`__nft_payload_inner_offset`).
  func innerOffset() -> Int? {
    guard let transport = state.transport, state.fragmentOffset == 0 else { return nil }
    let start = state.transportOffset
    switch TransportProtocol(rawValue: transport) {
    case .udp: return state.transportLength >= 8 ? start + 8 : nil
    case .tcp:
      guard state.transportLength >= 20,
        let field = state.network.constant(start + 12..<start + 13)
      else { return nil }
      return start + Int(field[0] >> 4) * 4
    case .gre:
      // Version 0 without routing: four bytes each for checksum, key and sequence number.
      guard state.transportLength >= 4, let flags = state.network.constant(start..<start + 2),
        flags[1] & 7 == 0, flags[0] & 0x40 == 0
      else { return nil }
      return start + 4 + 4 * [0x80, 0x20, 0x10].filter { flags[0] & $0 != 0 }.count
    case TransportProtocol(rawValue: 4): return start
    default: return nil
    }
  }

  /// Source: `nft_payload_set_eval`.
  func evaluate(_ write: PayloadWrite, _ matched: Node) -> Node {
    let value = load(write.source, count: write.length)
    guard write.base != .transport || state.fragmentOffset == 0,
      let old = packetBytes(write.base, write.offset, write.length)
    else { return .never }
    let new = diagram.choose(matched, value, old)
    let start: Int
    switch write.base {
    case .link:
      guard write.offset + write.length <= state.link.count else {
        return undecidable("a write across the link header")
      }
      state.link.write(new, at: write.offset)
      return .always
    case .network: start = 0
    case .transport: start = state.transportOffset
    case .inner, .tunnel:
      guard let inner = innerOffset() else { return .never }
      start = inner
    }
    guard correctChecksums(write, start: start, from: old, to: new, matched) else {
      return .never
    }
    state.network.write(new, at: start + write.offset)
    if start == 0 { isHeaderStale = true }
    return .always
  }

  /// The checksum of the header that is written to, and the transport's over the addresses.
  ///
  /// - Returns: false where one lies beyond the packet: then nothing is written at all.
  private func correctChecksums(
    _ write: PayloadWrite, start: Int, from old: SymbolicBytes, to new: SymbolicBytes,
    _ matched: Node
  ) -> Bool {
    // NFT_PAYLOAD_CSUM_INET.
    if write.checksumType == 1 {
      let place = start + Int(write.checksumOffset)
      guard place + 2 <= state.network.count else { return false }
      correctChecksum(at: place, from: old, to: new, matched, isMangled: true)
    }
    if write.checksumFlags != 0, let place = transportChecksum {
      guard place + 2 <= state.network.count else { return false }
      correctChecksum(at: place, from: old, to: new, matched, isMangled: true)
    }
    // NFT_PAYLOAD_CSUM_SCTP.
    if write.checksumType == 2, state.transport == TransportProtocol.sctp.rawValue,
      state.fragmentOffset == 0, old != new, state.transportLength >= 12
    {
      let place = state.transportOffset + 8
      state.unknown.append(UnknownField("SCTP's checksum after a change", place..<place + 4))
    }
    return true
  }
}
