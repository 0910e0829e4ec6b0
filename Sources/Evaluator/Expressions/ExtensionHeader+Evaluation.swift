internal import DecisionDiagram
internal import Model

extension Run {
  /// Source: net/netfilter/nft_exthdr.c.
  func evaluate(_ header: ExtensionHeader, _ matched: Node) -> Node {
    switch header.kind {
    case .ipv6: return evaluateIPv6(header)
    case .tcpOption: return evaluateTCPOption(header, matched)
    case .ipv4Option: return evaluateIPv4Option(header)
    case .sctpChunk: return evaluateChunk(header)
    case .dccpOption: return answer(header, at: nil)
    }
  }

  /// Stores presence or bytes; an absent header breaks a value load and is 0 for a presence test.
  private func answer(_ header: ExtensionHeader, at place: Int?) -> Node {
    guard case .load(let register) = header.access else { return .never }
    if header.isPresenceTest {
      registers.store(SymbolicBytes([place == nil ? 0 : 1]), at: register)
      return .always
    }
    guard let place, place + header.offset + header.length <= state.network.count else {
      return .never
    }
    let start = place + header.offset
    settle(start..<start + header.length)
    registers.store(state.network[start..<start + header.length], at: register)
    return .always
  }

  /// The constant bytes of the network header and what follows, up to `end`; structure is never
  /// symbolic.
  private func plain(_ range: Range<Int>) -> [UInt8]? {
    guard range.lowerBound >= 0, range.upperBound <= state.network.count else { return nil }
    return state.network.constant(range)
  }

  private func evaluateIPv6(_ header: ExtensionHeader) -> Node {
    guard state.family == .v6, state.network.count >= 40, var next = plain(6..<7)?.first else {
      return .never
    }
    var offset = 40
    while [0, 43, 44, 51, 60].contains(next) {
      guard let head = plain(offset..<offset + 8) else { break }
      if next == header.type { return answer(header, at: offset) }
      // Behind a fragment header with an offset there is no further header.
      if next == 44, Int(head[2]) << 8 | Int(head[3] & 0xf8) != 0 { break }
      let length =
        switch next {
        case 44: 8
        case 51: (Int(head[1]) + 2) * 4
        default: (Int(head[1]) + 1) * 8
        }
      next = head[0]
      offset += length
    }
    return answer(header, at: nil)
  }

  private func evaluateTCPOption(_ header: ExtensionHeader, _ matched: Node) -> Node {
    let place = tcpOption(header.type)
    if case .load = header.access {} else if tcpHeaderEnd == nil { return .never }
    switch header.access {
    case .load:
      // Even presence wants as many bytes as the expression asks for.
      guard let place, header.offset + header.length <= place.length else {
        return answer(header, at: nil)
      }
      return answer(header, at: place.place)
    case .write(let register):
      return writeTCPOption(header, from: register, at: place?.place, matched)
    case .strip:
      guard let (place, length) = place else { return .always }
      // Overwritten with no-operation options (nft_exthdr_tcp_strip_eval).
      let old = state.network[place..<place + length]
      let nops = SymbolicBytes([UInt8](repeating: 1, count: length))
      let new = diagram.choose(matched, nops, old)
      state.network.write(new, at: place)
      // Words are those of the header, not of the option.
      let isOdd = (place - state.transportOffset) % 2 != 0
      let lead = SymbolicBytes(isOdd ? [0] : [])
      var (from, to) = (lead, lead)
      from.append(old)
      to.append(new)
      correctChecksum(at: state.transportOffset + 16, from: from, to: to, matched)
      return .always
    }
  }

  private func writeTCPOption(
    _ header: ExtensionHeader, from register: Register, at place: Int?, _ matched: Node
  ) -> Node {
    // Without the option there is nothing to write, and the rule goes on.
    guard let place else { return .always }
    guard place + header.offset + header.length <= state.network.count else { return .never }
    let start = place + header.offset
    settle(start..<start + header.length)
    let old = state.network[start..<start + header.length]
    let new = load(register, count: header.length)
    var lowers = matched
    if header.type == 2, let bound = new.constant {
      // The MSS is only ever lowered.
      lowers = diagram.and(matched, diagram.not(diagram.less(old, bound)))
    }
    let written = diagram.choose(lowers, new, old)
    state.network.write(written, at: start)
    correctChecksum(at: state.transportOffset + 16, from: old, to: written, matched)
    return .always
  }

  /// The end of the TCP header; `nil` if it is none or lies beyond the packet
  /// (`nft_tcp_header_pointer`).
  private var tcpHeaderEnd: Int? {
    guard state.transport == TransportProtocol.tcp.rawValue, state.fragmentOffset == 0,
      let field = plain(state.transportOffset + 12..<state.transportOffset + 13)?.first
    else { return nil }
    let length = Int(field >> 4) * 4
    let end = state.transportOffset + length
    return length >= 20 && end <= state.network.count ? end : nil
  }

  /// Where a TCP option starts, from the network header, and how long it is.
  private func tcpOption(_ type: UInt8) -> (place: Int, length: Int)? {
    guard let end = tcpHeaderEnd else { return nil }
    var offset = state.transportOffset + 20
    // The last byte is never looked at, 0 does not end the list, and a length of 0 counts as 1
    // (`optlen`).
    while offset < end - 1 {
      guard let head = plain(offset..<offset + 2) else { return nil }
      let length = head[0] <= 1 || head[1] == 0 ? 1 : Int(head[1])
      if head[0] == type { return offset + length <= end ? (offset, length) : nil }
      offset += length
    }
    return nil
  }

  private func evaluateIPv4Option(_ header: ExtensionHeader) -> Node {
    guard state.family == .v4, let first = plain(0..<1)?.first else { return .never }
    // `ipv4_find_option` reads the header where the packet starts, which is before the link's here:
    // the hardware address there makes no header long enough for options.
    if hook == .egress { return answer(header, at: nil) }
    let end = Int(first & 15) * 4
    var offset = 20
    while offset < end {
      guard let kind = plain(offset..<offset + 1)?.first, kind != 0 else { break }
      if kind == 1 {
        offset += 1
        continue
      }
      guard let length = plain(offset + 1..<offset + 2)?.first, length >= 2 else { break }
      if kind == header.type { return answer(header, at: offset) }
      offset += Int(length)
    }
    return answer(header, at: nil)
  }

  private func evaluateChunk(_ header: ExtensionHeader) -> Node {
    guard state.transport == TransportProtocol.sctp.rawValue, state.fragmentOffset == 0 else {
      return answer(header, at: nil)
    }
    var offset = state.transportOffset + 12
    while let head = plain(offset..<offset + 4) {
      if head[0] == header.type { return answer(header, at: offset) }
      let length = Int(head[2]) << 8 | Int(head[3])
      guard length >= 4 else { break }
      offset += (length + 3) / 4 * 4
    }
    return answer(header, at: nil)
  }
}
