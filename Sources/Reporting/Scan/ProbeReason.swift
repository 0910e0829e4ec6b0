package import Model

extension ProbeOutcome {
  /// What was seen, in nmap's words where it has one (`--reason`, portreasons.cc).
  package var reason: String {
    switch kind {
    case .connected: "syn-ack"
    case .refused: "conn-refused"
    case .timeout: "no-response"
    case .skipped: "evidence"
    case .error: error.map { $0.name.lowercased() } ?? "error"
    case .icmp: icmp.map(Self.reason) ?? "unreachable"
    }
  }

  private static func reason(_ icmp: ICMPError) -> String {
    switch (icmp.from.family, icmp.type, icmp.code) {
    case (.v4, 3, 3), (.v6, 1, 4): "port-unreach"
    case (.v4, 3, 2): "proto-unreach"
    case (.v4, 3, 0), (.v6, 1, 0): "net-unreach"
    case (.v4, 3, 9), (.v4, 3, 10), (.v4, 3, 13), (.v6, 1, 1): "admin-prohibited"
    case (.v4, 11, _), (.v6, 3, _): "time-exceeded"
    default: "host-unreach"
    }
  }
}

extension CheckResult {
  /// The evidence behind the state in one or two words: what the probe saw, and how long it took.
  package var reason: String {
    let probe = evidence.probe
    // A datagram that is answered has no SYN.
    let word =
      probe.kind == .connected && evidence.flow.transport != .tcp ? "udp-response" : probe.reason
    guard let time = probe.roundTrip else { return word }
    return "\(word) \(JSONWriter.milliseconds(time)) ms"
  }
}
