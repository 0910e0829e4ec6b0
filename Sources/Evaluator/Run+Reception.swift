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

  private func receiveV4() -> Reception {
    guard let first = state.network.constant(0..<1)?.first,
      let lengthBytes = state.network.constant(2..<4)
    else { return .taken }
    let headerLength = Int(first & 15) * 4
    let length = Int(lengthBytes[0]) << 8 | Int(lengthBytes[1])
    guard headerLength >= 20, headerLength <= length, length <= state.network.count else {
      return .discarded(nil)
    }
    if isGivenWhole, let header = state.network.constant(0..<headerLength) {
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

  /// Conntrack's defragmentation holds pieces back until all are there; it lets pass what has its
  /// connection already (`ipv4_conntrack_defrag`, `ipv6_defrag`).
  ///
  /// - Returns: the packets that go on.
  func defragment(_ set: Node) -> Node {
    guard set != .never, !state.connection.isConfirmed, isFragment else { return set }
    finish(set, .stolen, step: nil)
    assume("conntrack holds a fragment back until the rest of its packet comes")
    return .never
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

  private var isFragmentV6: Bool {
    guard var next = state.network.constant(6..<7)?.first else { return false }
    var offset = 40
    while [0, 43, 44, 60].contains(next), offset + 8 <= state.network.count {
      guard let head = state.network.constant(offset..<offset + 4) else { return false }
      // One that is both first and last is taken as whole (RFC 6946).
      if next == 44 {
        // Of a piece that is not the last, any length but whole words of 8 bytes is an error, and
        // such a packet goes on as it is (nf_ct_frag6_queue: EPROTO). So does an empty first piece.
        let length = state.network.count - offset - 8
        let isOdd = head[3] & 1 != 0 && (length == 0 || length % 8 != 0)
        return !isOdd && (head[2] != 0 || head[3] & 0xf9 != 0)
      }
      next = head[0]
      offset += (Int(head[1]) + 1) * 8
    }
    return false
  }
}
