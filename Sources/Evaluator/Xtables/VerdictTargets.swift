internal import DecisionDiagram
internal import Model

extension XtablesTarget {
  /// Targets that end the rule with a verdict.
  static let verdicts: [XtablesTarget] = [
    XtablesTarget("REJECT", size: 4) { run, info, matched in
      run.end(matched, run.rejection(info.u32(0)))
    },
    XtablesTarget("NFQUEUE", 0, size: 2) { $0.enqueue($1, $2) },
    XtablesTarget("NFQUEUE", 1, size: 4) { $0.enqueue($1, $2) },
    XtablesTarget("NFQUEUE", 2, size: 6) { $0.enqueue($1, $2) },
    XtablesTarget("NFQUEUE", 3, size: 6) { $0.enqueue($1, $2) },
    XtablesTarget("TPROXY", 0, size: 14) { $0.proxyTransparently($1, $2) },
    XtablesTarget("TPROXY", 1, size: 26) { $0.proxyTransparently($1, $2) },
    XtablesTarget("SYNPROXY", size: 4) { $0.proxyHandshake($1, $2) },
  ]

  /// Targets with no say in the verdict, nor in what later rules see.
  static let silent: [XtablesTarget] = [
    ("LOG", 0), ("NFLOG", 0), ("ULOG", 0), ("AUDIT", 0), ("AUDIT", 1), ("CHECKSUM", 0),
    ("TRACE", 0), ("SECMARK", 0), ("SECMARK", 1), ("CONNSECMARK", 0), ("TEE", 1), ("RATEEST", 0),
    ("LED", 0), ("IDLETIMER", 0), ("IDLETIMER", 1),
    ("IDLETIMER", 2),
  ].map { name, revision in XtablesTarget(name, revision, size: 0) { _, _, _ in } }
}

extension Run {
  /// net/ipv4/netfilter/ipt_REJECT.c, net/ipv6/netfilter/ip6t_REJECT.c: u32 with @0.
  fileprivate func rejection(_ with: UInt32) -> Ending {
    // `enum ipt_reject_with` to ICMP type 3 codes, `enum ip6t_reject_with` to ICMPv6 type 1 codes;
    // the obsolete echo reply answers nothing.
    let v4: [UInt32: UInt8] = [0: 0, 1: 1, 2: 2, 3: 3, 5: 9, 6: 10, 8: 13]
    let v6: [UInt32: UInt8] = [0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 7: 5, 8: 6]
    if state.family == .v6 {
      if with == 6 { return .reject(.tcpReset) }
      return v6[with].map { .reject(.icmpv6(code: $0)) } ?? .verdict(.drop)
    }
    if with == 7 { return .reject(.tcpReset) }
    return v4[with].map { .reject(.icmp(code: $0)) } ?? .verdict(.drop)
  }

  /// net/netfilter/xt_NFQUEUE.c: `struct xt_NFQ_info_v3`: u16 queuenum @0, queues_total @2, bypass
  /// or flags @4 (1 bypass).
  fileprivate func enqueue(_ info: XtablesInfo, _ matched: Node) {
    let number = info.u16(0)
    let total = info.revision == 0 ? 1 : info.u16(2)
    if total > 1 {
      assume("of the \(total) queues from \(number) on, the first is taken")
    }
    let hasBypass = info.revision >= 2 && info.u16(4) & 1 != 0
    end(matched, .verdict(.queue(number: number, bypass: hasBypass)))
  }

  /// net/ipv4/netfilter/ipt_SYNPROXY.c: a SYN is answered by the kernel itself; an ACK must be the
  /// answer to that.
  fileprivate func proxyHandshake(_ info: XtablesInfo, _ matched: Node) {
    let place = state.transportOffset + 13
    guard state.transport == TransportProtocol.tcp.rawValue, state.transportLength >= 20,
      let byte = state.network.constant(place..<place + 1)?.first
    else {
      end(matched, .verdict(.drop))
      return
    }
    let flags = TCPFlags(rawValue: byte)
    if flags.contains(.syn), flags.isDisjoint(with: [.ack, .fin, .rst]) {
      end(matched, .verdict(.stolen))
    } else if flags.contains(.ack), flags.isDisjoint(with: [.syn, .fin, .rst]) {
      let isAnswer = undecidable("the ACK of a handshake with SYNPROXY", isLikely: false)
      end(diagram.and(matched, isAnswer), .verdict(.stolen))
      end(diagram.subtract(matched, isAnswer), .verdict(.drop))
    }
  }
}
