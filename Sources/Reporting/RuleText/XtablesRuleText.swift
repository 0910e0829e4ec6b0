internal import Model

/// A rule that iptables-nft wrote, in iptables' own words.
///
/// iptables-nft keeps interfaces, addresses, protocol and ports as native expressions and the rest
/// as matches and targets; only a rule with at least one of those is taken for one of its rules.
struct XtablesRuleText {
  let family: IPFamily
  private var words: [String] = []
  private var registers: [Register: Field] = [:]

  /// What a register holds.
  private struct Field {
    enum Kind {
      case meta(MetaKey)
      case payload(PayloadBase, Int)
    }
    var kind: Kind
    var length: Int
    var mask: [UInt8]?
  }

  /// `nil` if no part is of xtables, or one is of a kind that iptables doesn't write.
  static func text(
    _ expressions: [Expression], family: Family, isLegacy: Bool = false
  ) -> String? {
    let hasXtables = expressions.contains {
      if case .xtablesMatch = $0 { return true }
      if case .xtablesTarget = $0 { return true }
      return false
    }
    guard hasXtables || isLegacy else { return nil }
    var rule = XtablesRuleText(family: family == .ip6 ? .v6 : .v4)
    for expression in expressions {
      guard rule.add(expression) else { return nil }
    }
    return rule.words.joined(separator: " ")
  }

  private init(family: IPFamily) {
    self.family = family
  }

  /// Returns false for what iptables has no words for.
  private mutating func add(_ expression: Expression) -> Bool {
    switch expression {
    case .counter: break
    case .meta(let meta):
      registers[meta.destination] = Field(kind: .meta(meta.key), length: 4)
    case .payload(let load):
      registers[load.destination] = Field(
        kind: .payload(load.base, load.offset), length: load.length)
    case .bitwise(let bitwise):
      guard case .maskXor(let mask, let xor) = bitwise.operation, xor.allSatisfy({ $0 == 0 }),
        var field = registers[bitwise.source]
      else { return false }
      field.mask = mask
      registers[bitwise.destination] = field
    case .compare(let compare):
      guard let field = registers[compare.source] else { return false }
      switch compare.operation {
      case .equal: return test(field, compare.data, isInverted: false)
      case .notEqual: return test(field, compare.data, isInverted: true)
      case .less, .lessOrEqual, .greater, .greaterOrEqual: return false
      }
    case .range(let range):
      guard let field = registers[range.source], case .payload(.transport, let offset) = field.kind
      else { return false }
      let bounds = XtablesInfo(bytes: range.from + range.to)
      return port(
        offset, XtablesInfo.ports(bounds.networkU16(0), bounds.networkU16(2)), range.isInverted)
    case .limit(let limit): words.append(Self.text(limit))
    case .immediate(let immediate): return add(immediate)
    case .log(let log):
      words.append("-j NFLOG --nflog-group \(log.group ?? 0)")
      if let prefix = log.prefix { words.append("--nflog-prefix " + XtablesInfo.quoted(prefix)) }
    case .metaWrite(let write):
      guard write.key == .trace else { return false }
      words.append("-j TRACE")
    case .xtablesMatch(let match): words.append(XtablesMatchText.text(match, family: family))
    case .xtablesTarget(let target): words.append(XtablesTargetText.text(target, family: family))
    case .byteOrder, .payloadWrite, .extensionHeader, .conntrack, .conntrackWrite, .routing, .fib,
      .socket, .lookup, .dynamicSet, .objectReference, .last, .quota, .connectionLimit,
      .numberGenerator, .hash, .nat, .masquerade, .redirect, .transparentProxy, .synproxy, .reject,
      .queue, .notrack, .duplicate, .forward, .flowOffload, .operatingSystem, .tunnel, .transform,
      .inner, .unknown:
      return false
    }
    return true
  }

  private mutating func add(_ immediate: Immediate) -> Bool {
    switch immediate.value {
    case .verdict(.accept): words.append("-j ACCEPT")
    case .verdict(.drop): words.append("-j DROP")
    case .verdict(.return): words.append("-j RETURN")
    case .verdict(.queue(0, false)): words.append("-j QUEUE")
    case .verdict(.jump(let chain)): words.append("-j " + Escaping.printable(chain))
    case .verdict(.goto(let chain)): words.append("-g " + Escaping.printable(chain))
    // TRACE's operand.
    case .data(let bytes): return bytes.first == 1
    case .verdict: return false
    }
    return true
  }

  // MARK: Native tests

  private mutating func test(_ field: Field, _ data: [UInt8], isInverted: Bool) -> Bool {
    let not = isInverted ? "! " : ""
    switch field.kind {
    case .meta(.inputName): words.append("\(not)-i " + Self.name(data))
    case .meta(.outputName): words.append("\(not)-o " + Self.name(data))
    case .meta(.transportProtocol): words.append("\(not)-p " + Self.transport(data))
    case .meta(.mark):
      let mark = XtablesInfo(bytes: data).u32(0)
      let mask = field.mask.map { "/" + XtablesInfo.hexadecimal(XtablesInfo(bytes: $0).u32(0)) }
      words.append("-m mark \(not)--mark " + XtablesInfo.hexadecimal(mark) + (mask ?? ""))
    case .meta: return false
    case .payload(.network, let offset): return network(field, offset, data, not)
    case .payload(.transport, 13):
      words.append(Self.flags(field.mask?.first ?? 0xff, data.first ?? 0, not))
    case .payload(.transport, let offset):
      guard field.mask == nil, data.count == 2 else { return false }
      return port(offset, String(XtablesInfo(bytes: data).networkU16(0)), isInverted)
    case .payload: return false
    }
    return true
  }

  private mutating func network(
    _ field: Field, _ offset: Int, _ data: [UInt8], _ not: String
  ) -> Bool {
    switch (family, offset) {
    case (.v4, 12), (.v6, 8): words.append("\(not)-s " + block(field, data))
    case (.v4, 16), (.v6, 24): words.append("\(not)-d " + block(field, data))
    case (.v4, 9), (.v6, 6): words.append("\(not)-p " + Self.transport(data))
    // The fragment offset: `!= 0` is a fragment.
    case (.v4, 6) where field.mask == [0x1f, 0xff]: words.append(not.isEmpty ? "! -f" : "-f")
    default: return false
    }
    return true
  }

  private func block(_ field: Field, _ data: [UInt8]) -> String {
    let padding = [UInt8](repeating: 0, count: max(0, family.addressLength - data.count))
    let address = IPAddress(bytes: data + padding)?.description ?? "?"
    guard let mask = field.mask else {
      return data.count < family.addressLength ? "\(address)/\(data.count * 8)" : address
    }
    if let run = BitRun(mask), run.offset == 0 { return "\(address)/\(run.count)" }
    return "\(address)/\(IPAddress(bytes: mask)?.description ?? "?")"
  }

  private mutating func port(_ offset: Int, _ text: String, _ isInverted: Bool) -> Bool {
    guard offset == 0 || offset == 2 else { return false }
    words.append((isInverted ? "! " : "") + (offset == 0 ? "--sport " : "--dport ") + text)
    return true
  }

  private static func name(_ data: [UInt8]) -> String {
    // Without the NUL at its end it is the start of a name.
    Literal.cString(data) + (data.contains(0) || data.count >= 16 ? "" : "+")
  }

  private static func transport(_ data: [UInt8]) -> String {
    let number = data.first ?? 0
    return Symbols.name(number, in: Symbols.transportProtocol) ?? String(number)
  }

  static func flags(_ mask: UInt8, _ value: UInt8, _ not: String) -> String {
    if mask == 0x17, value == 0x02 { return not + "--syn" }
    let names = { (bits: UInt8) -> String in
      if bits == 0 { return "NONE" }
      return Literal.bits(UInt64(bits), Symbols.tcpFlags, separator: ",").uppercased()
    }
    return "\(not)--tcp-flags \(names(mask)) \(names(value))"
  }

  private static func text(_ limit: Limit) -> String {
    let units: [UInt64: String] = [1: "sec", 60: "min", 3600: "hour", 86400: "day"]
    let unit = units[limit.unit] ?? "\(limit.unit)s"
    return "-m limit --limit \(limit.rate)/\(unit) --limit-burst \(limit.burst)"
  }
}
