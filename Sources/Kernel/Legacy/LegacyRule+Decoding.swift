internal import Model

extension LegacyEntry {
  /// Decodes the rule.
  ///
  /// - Parameter names: the chains by the offset of their first rule, for jumps.
  func rule(
    _ bytes: Span<UInt8>, _ family: IPFamily, _ names: [Int: String]
  ) throws(KernelError) -> LegacyRule {
    let fields = Fields.of(family)
    let flags = try bytes.part(at: start + fields.flags, count: 1)[0]
    let inverted = Inversion(rawValue: try bytes.part(at: start + fields.inverted, count: 1)[0])
    var rule = LegacyRule(target: try target(bytes, flags, family, names))
    rule.source = try address(bytes, 0, fields, inverted.contains(.source))
    rule.destination = try address(bytes, 1, fields, inverted.contains(.destination))
    rule.input = try interface(bytes, 0, fields, inverted.contains(.input))
    rule.output = try interface(bytes, 1, fields, inverted.contains(.output))
    let transport = UInt16(try bytes.host16(at: start + fields.transport))
    if transport != 0 || inverted.contains(.transport) {
      rule.transport = .init(number: transport, isInverted: inverted.contains(.transport))
    }
    if family == .v4 {
      if flags & 1 != 0 { rule.fragments = !inverted.contains(.fragment) }
      if flags & ~3 != 0 { rule.unknown = "flags \(flags)" }
    } else if flags & 2 != 0 || flags & ~7 != 0 {
      // IP6T_F_TOS: the traffic class is compared as well.
      rule.unknown = "flags \(flags)"
    }
    if inverted.contains(.typeOfService) { rule.unknown = "inverted type of service" }
    rule.matches = try matches(bytes, fields)
    return rule
  }

  /// `IPT_INV_*`, which `IP6T_INV_*` equal.
  private struct Inversion: OptionSet {
    let rawValue: UInt8
    static let input = Self(rawValue: 0x01)
    static let output = Self(rawValue: 0x02)
    static let typeOfService = Self(rawValue: 0x04)
    static let source = Self(rawValue: 0x08)
    static let destination = Self(rawValue: 0x10)
    static let fragment = Self(rawValue: 0x20)
    static let transport = Self(rawValue: 0x40)
  }

  /// Source (0) or destination (1): src, dst, smsk, dmsk follow one another.
  private func address(
    _ bytes: Span<UInt8>, _ index: Int, _ fields: Fields, _ isInverted: Bool
  ) throws(KernelError) -> LegacyRule.AddressMatch? {
    let length = fields.address
    let address = try bytes.copy(at: start + index * length, count: length)
    let mask = try bytes.copy(at: start + (2 + index) * length, count: length)
    guard isInverted || mask.contains(where: { $0 != 0 }) else { return nil }
    return .init(address: address, mask: mask, isInverted: isInverted)
  }

  /// Input (0) or output (1): two names of 16 bytes, then two masks; a mask byte is 0xff where the
  /// name is compared, the NUL of a whole name included.
  private func interface(
    _ bytes: Span<UInt8>, _ index: Int, _ fields: Fields, _ isInverted: Bool
  ) throws(KernelError) -> LegacyRule.InterfaceMatch? {
    let base = start + fields.interfaces + 16 * index
    let name = try bytes.copy(at: base, count: 16)
    let mask = try bytes.copy(at: base + 32, count: 16)
    let compared = zip(name, mask).prefix { $0.1 != 0 }.map(\.0)
    guard isInverted || !compared.isEmpty else { return nil }
    let text = compared.prefix { $0 != 0 }
    return .init(
      name: String(decoding: text, as: UTF8.self), isPrefix: text.count == compared.count,
      isInverted: isInverted)
  }

  /// `struct xt_entry_match`: u16 size, name of 29 bytes, u8 revision, then the match's own.
  private func matches(
    _ bytes: Span<UInt8>, _ fields: Fields
  ) throws(KernelError) -> [XtablesExtension] {
    var matches: [XtablesExtension] = []
    var position = start + fields.matches
    while position < target {
      let size = try bytes.host16(at: position)
      guard size >= 32, size <= target - position else {
        throw .malformed(what: "legacy table", path: "match", offset: position)
      }
      matches.append(try XtablesExtension(bytes, at: position, size: size))
      position += size
    }
    return matches
  }

  private func target(
    _ bytes: Span<UInt8>, _ flags: UInt8, _ family: IPFamily, _ names: [Int: String]
  ) throws(KernelError) -> LegacyRule.Target {
    guard let code = standardVerdict else {
      return .xtables(try XtablesExtension(bytes, at: target, size: end - target))
    }
    if code >= 0 {
      if Int(code) == end { return .verdict(.continue) }
      guard let name = names[Int(code)] else {
        throw .malformed(what: "legacy table", path: "jump", offset: start)
      }
      let isGoto = flags & (family == .v4 ? 2 : 4) != 0
      return .verdict(isGoto ? .goto(chain: name) : .jump(chain: name))
    }
    // A verdict v is kept as -v - 1; RETURN is XT_RETURN, -5.
    switch code {
    case -1: return .verdict(.drop)
    case -2: return .verdict(.accept)
    case -4: return .verdict(.queue(number: 0, bypass: false))
    case -5: return .verdict(.return)
    default: return .verdict(.unknown(code))
    }
  }
}

extension XtablesExtension {
  /// Decodes `struct xt_entry_match` or `xt_entry_target` of `size` bytes.
  fileprivate init(_ bytes: Span<UInt8>, at start: Int, size: Int) throws(KernelError) {
    self.init(
      name: try bytes.part(at: start + 2, count: 29).text(),
      revision: UInt32(try bytes.part(at: start + 31, count: 1)[0]),
      info: try bytes.copy(at: start + 32, count: size - 32))
  }
}
