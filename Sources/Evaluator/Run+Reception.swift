internal import DecisionDiagram
internal import Model

/// What the kernel does with arriving packets before prerouting, and with fragments.
extension Run {
  /// Whether IP takes a packet from its device.
  enum Reception {
    case taken
    case discarded(Delivery.Obstacle?)
  }

  /// Takes packets from their device, before any of IP's hooks; what a device padded is cut off.
  ///
  /// Sources: `ip_rcv_core`, net/ipv4/ip_input.c; `ip6_rcv_core`, net/ipv6/ip6_input.c. Headers of
  /// which not every bit is known are taken as sound.
  func receive() -> Reception {
    // PACKET_OTHERHOST: seen only because the device is promiscuous.
    guard state.packetType != 3 else { return .discarded(nil) }
    switch state.family {
    case .v4: return receiveV4()
    case .v6: return receiveV6()
    case nil: return .taken
    }
  }

  /// A VLAN's frame without a device of that VLAN is nobody's; the tag of VLAN 0 means nothing but
  /// a priority (`__netif_receive_skb_core`, net/core/dev.c).
  func takeTag() {
    guard state.link.count == 18 else { return }
    if let tag = state.link.constant(14..<16), tag[0] & 0x0f != 0 || tag[1] != 0 {
      state.packetType = 3
    }
    var link = state.link[0..<12]
    link.append(state.link[16..<18])
    state.link = link
  }

  private func receiveV4() -> Reception {
    guard let first = state.network.constant(0..<1)?.first,
      let lengthBytes = state.network.constant(2..<4)
    else { return .taken }
    let headerLength = Int(first & 15) * 4
    let length = Int(lengthBytes[0]) << 8 | Int(lengthBytes[1])
    guard headerLength >= 20, headerLength <= length, length <= state.network.count else {
      return .discarded(nil)
    }
    let isSummed = !state.unknown.contains { $0.range.lowerBound < headerLength }
    if isSummed, let header = state.network.constant(0..<headerLength) {
      guard Self.foldedSum(header) == 0xffff else { return .discarded(nil) }
    }
    cut(to: length)
    return .taken
  }

  private func receiveV6() -> Reception {
    guard state.network.count >= 40 else { return .discarded(nil) }
    if let lengthBytes = state.network.constant(4..<6),
      let next = state.network.constant(6..<7)?.first
    {
      let length = Int(lengthBytes[0]) << 8 | Int(lengthBytes[1])
      // A jumbogram says 0 here and its length in a hop-by-hop option.
      if length > 0 || next != 0 {
        guard 40 + length <= state.network.count else { return .discarded(nil) }
        cut(to: 40 + length)
      }
    }
    guard let source = state.source(.v6).constant.flatMap({ IPAddress(bytes: $0) }),
      let destination = state.destination(.v6).constant.flatMap({ IPAddress(bytes: $0) })
    else { return .taken }
    let isFromWire = state.input?.isLoopback != true
    if source.isMulticast || isFromWire && source.isLoopback { return .discarded(.martianSource) }
    if isFromWire, destination.isLoopback { return .discarded(.martianDestination) }
    // ff01::/16 stays on one interface, ff00::/16 is nobody's (RFC 4291, 2.7).
    let scope = UInt8(truncatingIfNeeded: destination.bits >> 112) & 0x0f
    let isFarEnough = !destination.isMulticast || scope > 1 || scope == 1 && !isFromWire
    return isFarEnough ? .taken : .discarded(.martianDestination)
  }

  private func cut(to length: Int) {
    guard length < state.network.count else { return }
    state.network = state.network[0..<length]
  }

  /// The one's complement sum of 16-bit words (RFC 1071).
  private static func foldedSum(_ bytes: [UInt8]) -> UInt32 {
    var total: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
      total += index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte)
    }
    while total >> 16 != 0 { total = total & 0xffff + total >> 16 }
    return total
  }

  /// Each base chain looks for the transport header anew (`nft_set_pktinfo`).
  func readHeaders() {
    guard isHeaderStale, let packet = state.network.constant else { return }
    isHeaderStale = false
    use(HeaderChain(packet, etherType: state.etherType))
  }

  private func use(_ headers: HeaderChain) {
    state.transport = headers.transport
    state.transportOffset = headers.transportOffset
    state.fragmentOffset = headers.fragmentOffset
  }

  /// Conntrack's defragmentation holds pieces back until all are there; it lets pass what has its
  /// connection already (`ipv4_conntrack_defrag`, `ipv6_defrag`).
  ///
  /// - Returns: the packets that go on.
  func defragment(_ set: Node) -> Node {
    guard set != .never, !state.connection.isConfirmed else { return set }
    // It does not look at what a rule before it took from conntrack.
    let passed = diagram.and(set, state.connection.untracked)
    let taken = diagram.subtract(set, passed)
    guard taken != .never else { return set }
    if isFragment {
      finish(taken, .stolen, step: nil)
      assume("conntrack holds a fragment back until the rest of its packet comes")
      return passed
    }
    if passed == .never { removeFragmentHeader() }
    return set
  }

  /// IPv4 puts pieces together before the input hook (`ip_local_deliver`), IPv6 behind it.
  ///
  /// - Returns: the packets that go on.
  func reassemble(_ set: Node) -> Node {
    guard set != .never, state.family == .v4, isFragment else { return set }
    finish(set, .stolen, step: nil)
    assume("IP holds a fragment back until the rest of its packet comes")
    return .never
  }

  private var isFragment: Bool {
    switch state.family {
    case .v4:
      guard let field = state.network.constant(6..<8) else { return false }
      return field[0] & 0x3f != 0 || field[1] != 0
    case .v6: return isFragmentV6
    case nil: return false
    }
  }

  /// A fragment that is the whole packet is put together at once, and loses its header
  /// (`nf_ct_frag6_reasm`, net/ipv6/netfilter/nf_conntrack_reasm.c).
  private func removeFragmentHeader() {
    guard state.family == .v6, let header = fragmentHeader(), header.isWhole,
      let length = state.network.constant(4..<6), state.network.count > header.place + 8
    else { return }
    let short = Int(length[0]) << 8 + Int(length[1]) - 8
    guard short >= 0 else { return }
    state.network.write(
      state.network[header.place..<header.place + 1], at: header.previous)
    state.network.write(Self.be16(UInt16(truncatingIfNeeded: short)), at: 4)
    var rest = state.network[0..<header.place]
    rest.append(state.network[header.place + 8..<state.network.count])
    state.network = rest
    guard let packet = state.network.constant else {
      state.transportOffset = max(state.transportOffset - 8, 0)
      return
    }
    use(HeaderChain(packet, etherType: state.etherType))
  }

  /// Where the fragment header starts and where the number of its kind stands before it.
  private func fragmentHeader() -> (place: Int, previous: Int, isWhole: Bool)? {
    guard var next = state.network.constant(6..<7)?.first else { return nil }
    var (offset, previous) = (40, 6)
    while [0, 43, 44, 51, 60].contains(next), offset + 8 <= state.network.count {
      guard let head = state.network.constant(offset..<offset + 4) else { return nil }
      if next == 44 { return (offset, previous, head[2] == 0 && head[3] & 0xf9 == 0) }
      previous = offset
      offset += next == 51 ? (Int(head[1]) + 2) * 4 : (Int(head[1]) + 1) * 8
      next = head[0]
    }
    return nil
  }

  private var isFragmentV6: Bool {
    guard let header = fragmentHeader(),
      let place = state.network.constant(header.place + 2..<header.place + 4)
    else { return false }
    // Of a piece that is not the last, any length but whole words of 8 bytes is an error, and such
    // a packet goes on as it is (nf_ct_frag6_queue: EPROTO). So does an empty first piece.
    let length = state.network.count - header.place - 8
    let isFirst = place[0] == 0 && place[1] & 0xf8 == 0
    let isOdd = place[1] & 1 != 0 && (length == 0 && isFirst || length % 8 != 0)
    // One that is both first and last is taken as whole (RFC 6946).
    return !isOdd && !header.isWhole
  }
}
