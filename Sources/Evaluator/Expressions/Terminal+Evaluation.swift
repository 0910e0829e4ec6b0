internal import DecisionDiagram
internal import Model

extension Run {
  /// Source: net/netfilter/nft_reject_inet.c and its siblings. It drops, whether an answer goes out
  /// or not.
  func evaluate(_ reject: Reject, _ matched: Node) -> Node {
    end(matched, .reject(rejection(reject)))
    return .always
  }

  private func rejection(_ reject: Reject) -> Rejection {
    let isV6 = state.family == .v6
    switch reject.kind {
    case .tcpReset: return .tcpReset
    case .icmp: return isV6 ? .icmpv6(code: reject.code) : .icmp(code: reject.code)
    case .icmpx:
      // nft_reject_icmp_code and nft_reject_icmpv6_code, net/netfilter/nft_reject.c.
      let v4: [UInt8] = [0, 3, 1, 13]
      let v6: [UInt8] = [0, 4, 3, 1]
      let index = min(Int(reject.code), 3)
      return isV6 ? .icmpv6(code: v6[index]) : .icmp(code: v4[index])
    }
  }

  /// Source: net/netfilter/nft_queue.c. Of several queues the kernel picks one by a hash.
  func evaluate(_ queue: Queue, _ matched: Node) -> Node {
    if queue.source == nil, queue.total > 1 {
      assume("of the \(queue.total) queues from \(queue.number) on, the first is taken")
    }
    var number = queue.number
    if let source = queue.source {
      guard let bytes = load(source, count: 4).constant else {
        return undecidable("a queue number from a register")
      }
      number = UInt16(bytes[0]) | UInt16(bytes[1]) << 8
    }
    end(matched, .verdict(.queue(number: number, bypass: queue.hasBypass)))
    return .always
  }

  /// A SYN is answered by the kernel itself and goes no further. Source:
  /// net/netfilter/nft_synproxy.c.
  func evaluate(_ proxy: SynProxy, _ matched: Node) -> Node {
    guard state.transport == TransportProtocol.tcp.rawValue, state.transportLength >= 20,
      let flags = state.network.constant(
        state.transportOffset + 13..<state.transportOffset + 14)?.first
    else { return .never }
    if TCPFlags(rawValue: flags).contains(.syn) {
      end(matched, .verdict(.stolen))
    } else if TCPFlags(rawValue: flags).contains(.ack) {
      let isAnswer = undecidable("the ACK of a handshake with synproxy", isLikely: false)
      end(diagram.and(matched, isAnswer), .verdict(.stolen))
      end(diagram.subtract(matched, isAnswer), .verdict(.drop))
    }
    return .always
  }
}
