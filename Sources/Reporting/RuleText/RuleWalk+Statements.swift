internal import Model

extension RuleWalk {
  mutating func visit(_ log: Log) {
    var text = "log"
    if let prefix = log.prefix, !prefix.isEmpty { text += " prefix " + Literal.quoted(prefix) }
    if let group = log.group { text += " group \(group)" }
    if let length = log.snapLength, length != 0 { text += " snaplen \(length)" }
    if let threshold = log.queueThreshold, threshold != 0 {
      text += " queue-threshold \(threshold)"
    }
    // Level 4, warn, is the default.
    if let level = log.level, level != 4 {
      text += " level " + (Symbols.name(level, in: Symbols.logLevel) ?? String(level))
    }
    if let flags = log.flags, flags != 0 { text += Self.logFlags(flags) }
    emit(text)
  }

  /// `NF_LOG_TCPSEQ` 1, `TCPOPT` 2, `IPOPT` 4, `UID` 8, `MACDECODE` 0x20
  /// (linux/netfilter/nf_log.h).
  private static func logFlags(_ flags: UInt32) -> String {
    if flags & 0x2f == 0x2f { return " flags all" }
    var text = ""
    switch flags & 3 {
    case 1: text += " flags tcp sequence"
    case 2: text += " flags tcp options"
    case 3: text += " flags tcp sequence,options"
    default: break
    }
    if flags & 4 != 0 { text += " flags ip options" }
    if flags & 8 != 0 { text += " flags skuid" }
    if flags & 0x20 != 0 { text += " flags ether" }
    return text
  }

  mutating func visit(_ reject: Reject) {
    switch reject.kind {
    case .tcpReset:
      emit { _, _ in Phrase("reject with tcp reset", needs: [.transport(6)]) }
    case .icmpx:
      let name = Symbols.name(reject.code, in: Symbols.icmpxRejectCode) ?? String(reject.code)
      let family = table.family
      emit { _, context in
        // Where the network protocol is known, plain `reject` means that protocol's own code.
        let isDefault =
          reject.code == 1 && (family == .inet || family == .bridge || family == .netdev)
          && context.network == nil
        return Phrase(isDefault ? "reject" : "reject with icmpx \(name)")
      }
    case .icmp: rejectWithICMP(reject.code)
    }
  }

  private mutating func rejectWithICMP(_ code: UInt8) {
    emit { _, context in
      let isV6 = context.network == 0x86dd
      if context.network != nil, code == (isV6 ? 4 : 3) { return Phrase("reject") }
      let table = isV6 ? Symbols.icmpv6RejectCode : Symbols.icmpRejectCode
      let name = Symbols.name(code, in: table) ?? String(code)
      return Phrase(
        "reject with \(isV6 ? "icmpv6" : "icmp") \(name)",
        needs: context.isBlind ? [] : [.network(isV6 ? 0x86dd : 0x0800)])
    }
  }

  mutating func visit(_ queue: Queue) {
    let flags = [(1, "bypass"), (2, "fanout")].filter { Int(queue.flags) & $0.0 != 0 }
    let words =
      flags.isEmpty ? "queue" : "queue flags " + flags.map(\.1).joined(separator: ",")
    if let register = queue.source {
      let number = operand(register)
      emit { selectors, context in
        let value = selectors.selector(number, in: context)
        return Phrase("\(words) to \(value.text)", needs: value.needs)
      }
      return
    }
    let last = Int(queue.number) + max(1, Int(queue.total)) - 1
    emit("\(words) to \(queue.number)" + (last > Int(queue.number) ? "-\(last)" : ""))
  }

  static func text(_ proxy: SynProxy) -> String {
    var text = "synproxy"
    if proxy.mss != 0 { text += " mss \(proxy.mss)" }
    if proxy.windowScale != 0 { text += " wscale \(proxy.windowScale)" }
    // NF_SYNPROXY_OPT_TIMESTAMP 8, SACK_PERM 4.
    if proxy.flags & 8 != 0 { text += " timestamp" }
    if proxy.flags & 4 != 0 { text += " sack-perm" }
    return text
  }

  mutating func visit(_ duplicate: Duplicate) {
    let address = duplicate.address.map(operand)
    let device = duplicate.device.map(operand)
    let type = table.family == .ip6 ? DataType.ipv6 : .ipv4
    emit { selectors, context in
      let to = address.map { selectors.value($0, of: type, in: context) }
      let by = device.map { selectors.value($0, of: .interfaceIndex, in: context) }
      let parts = [to, by].compactMap(\.self)
      let text = parts.map(\.text).joined(separator: " device ")
      return Phrase("dup to \(text)", needs: parts.flatMap(\.needs))
    }
  }

  mutating func visit(_ forward: Forward) {
    let address = forward.address.map(operand)
    let device = forward.device.map(operand)
    let type = forward.family == .v6 ? DataType.ipv6 : .ipv4
    emit { selectors, context in
      let to = address.map { selectors.value($0, of: type, in: context) }
      let by = device.map { selectors.value($0, of: .interfaceIndex, in: context) }
      guard let to else { return Phrase("fwd to \(by?.text ?? "")", needs: by?.needs ?? []) }
      let word = forward.family == .v6 ? "ip6" : "ip"
      return Phrase(
        "fwd \(word) to \(to.text) device \(by?.text ?? "")", needs: to.needs + (by?.needs ?? []))
    }
  }
}
