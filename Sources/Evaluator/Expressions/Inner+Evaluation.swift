internal import DecisionDiagram
internal import Model

/// Where the headers of the packet inside a tunnel begin, from the outer network header.
private struct InnerHeaders {
  var tunnel: Int?
  var link: Int?
  var network: Int?
  var transport: Int?
  var etherType: UInt16 = 0
  var transportProtocol: UInt8 = 0
}

/// Packets inside VXLAN, GENEVE, GRE and the like.
///
/// Source: net/netfilter/nft_inner.c; `nft_payload_inner_eval`, `nft_meta_inner_eval`.
extension Run {
  func evaluate(_ inner: Inner) -> Node {
    guard let start = innerOffset(), start <= state.network.count else { return .never }
    guard let packet = state.network.constant(0..<state.network.count) else {
      return undecidable("a match inside a tunnel", isLikely: false)
    }
    guard let headers = innerHeaders(inner, packet, start) else { return .never }
    switch inner.expression {
    case .payload(let payload): return load(payload, headers)
    case .meta(let meta):
      switch meta.key {
      case .protocol:
        registers.store(SymbolicBytes(Self.be16(headers.etherType)), at: meta.destination)
        return .always
      case .transportProtocol:
        guard headers.transport != nil else { return .never }
        registers.store(SymbolicBytes([headers.transportProtocol]), at: meta.destination)
        return .always
      default: return .never
      }
    default: return undecidable("an unknown match inside a tunnel", isLikely: false)
    }
  }

  private func load(_ payload: Payload, _ headers: InnerHeaders) -> Node {
    let base: Int? =
      switch payload.base {
      case .tunnel: headers.tunnel
      case .link: headers.link
      case .network: headers.network
      case .transport: headers.transport
      case .inner: nil
      }
    guard let base, payload.offset >= 0, payload.length >= 0,
      base + payload.offset + payload.length <= state.network.count
    else { return .never }
    let first = base + payload.offset
    registers.store(state.network[first..<first + payload.length], at: payload.destination)
    return .always
  }

  /// `nft_inner_parse`: `nil` where the kernel gives up. `NFT_INNER_HDRSIZE` 1, `LL` 2, `NH` 4,
  /// `TH` 8.
  private func innerHeaders(_ inner: Inner, _ packet: [UInt8], _ start: Int) -> InnerHeaders? {
    var headers = InnerHeaders()
    var place = start
    if inner.flags & 1 != 0 {
      switch state.transport.map({ TransportProtocol(rawValue: $0) }) {
      case .gre?: headers.tunnel = state.transportOffset
      case .udp?:
        headers.tunnel = place
        let isGeneve = inner.type == 2
        if isGeneve {
          // The length of the options, in words: struct genevehdr.
          guard place + 8 <= packet.count else { return nil }
          place += Int(packet[place] & 0x3f) * 4
        }
        place += Int(inner.headerSize)
      default: return nil
      }
    }
    if inner.flags & 6 != 0 {
      guard Self.readInner(packet, at: place, hasLink: inner.flags & 2 != 0, &headers) else {
        return nil
      }
    } else if inner.flags & 8 != 0 {
      headers.transport = place
    }
    return headers
  }

  /// `nft_inner_parse_l2l3`.
  private static func readInner(
    _ packet: [UInt8], at place: Int, hasLink: Bool, _ headers: inout InnerHeaders
  ) -> Bool {
    var place = place
    var type: UInt16
    if hasLink {
      guard place + 14 <= packet.count else { return false }
      type = UInt16(packet[place + 12]) << 8 | UInt16(packet[place + 13])
      headers.etherType = type
      headers.link = place
      var length = 14
      if type == 0x8100 {
        guard place + 18 <= packet.count else { return false }
        type = UInt16(packet[place + 16]) << 8 | UInt16(packet[place + 17])
        length = 18
      }
      place += length
    } else {
      guard place + 4 <= packet.count else { return false }
      type = packet[place] >> 4 == 4 ? 0x0800 : packet[place] >> 4 == 6 ? 0x86dd : 0
      headers.etherType = type
    }
    guard place <= packet.count else { return false }
    let chain = HeaderChain(Array(packet[place...]), etherType: type)
    guard chain.family != nil, let transport = chain.transport else { return false }
    if type == 0x0800, chain.transportOffset < 20 { return false }
    headers.network = place
    if chain.fragmentOffset == 0 {
      headers.transport = place + chain.transportOffset
      headers.transportProtocol = transport
    }
    return true
  }
}
