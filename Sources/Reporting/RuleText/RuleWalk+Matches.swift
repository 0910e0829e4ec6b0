internal import Model

extension RuleWalk {
  mutating func visit(_ compare: Compare) {
    let left = operand(compare.source)
    if compare.operation == .equal, let dependency = dependency(left, compare.data) {
      pending.append(dependency)
      return
    }
    if compare.operation == .greaterOrEqual, index < expressions.count,
      case .compare(let upper) = expressions[index], upper.operation == .lessOrEqual,
      upper.source == compare.source
    {
      index += 1
      emitRange(left, compare.data, upper.data, isInverted: false)
      return
    }
    emit { selectors, context in
      selectors.comparison(left, compare.operation, compare.data, in: context)
    }
  }

  mutating func visit(_ range: RangeMatch) {
    emitRange(operand(range.source), range.from, range.to, isInverted: range.isInverted)
  }

  private mutating func emitRange(
    _ left: Operand, _ from: [UInt8], _ to: [UInt8], isInverted: Bool
  ) {
    emit { selectors, context in
      let selector = selectors.selector(left, in: context)
      let bounds = selectors.literal.range(from, to, selector.format)
      return Phrase(
        selector.text + (isInverted ? " != " : " ") + bounds, needs: selector.needs)
    }
  }

  /// The test as one that nft might have added, if it can be one.
  private func dependency(_ left: Operand, _ data: [UInt8]) -> Dependency? {
    guard left.steps.isEmpty, data.count == left.length else { return nil }
    let number = { (isHostOrder: Bool) in
      (isHostOrder ? Literal.bigEndian(data) : data).reduce(0) { $0 << 8 | UInt64($1) }
    }
    switch left.source {
    case .named("meta nfproto", _, _):
      return .networkFamily(UInt8(truncatingIfNeeded: number(false)))
    case .named("meta l4proto", _, _): return .transport(UInt8(truncatingIfNeeded: number(false)))
    case .named("meta protocol", _, _):
      return .packetProtocol(UInt16(truncatingIfNeeded: number(false)))
    case .named("meta iiftype", _, _): return .inputType(UInt16(truncatingIfNeeded: number(true)))
    case .header(let base, let offset, let length):
      let known = context.applying(pending)
      guard let field = Selectors.field(base, offset * 8, length * 8, known) else { return nil }
      let value = number(false)
      switch (field.header, field.name) {
      case (.ip, "protocol"): return .ipProtocol(UInt8(truncatingIfNeeded: value))
      case (.ip6, "nexthdr"): return .ip6NextHeader(UInt8(truncatingIfNeeded: value))
      case (.ether, "type"): return .etherType(UInt16(truncatingIfNeeded: value))
      case (.vlan, "type"): return .vlanType(UInt16(truncatingIfNeeded: value))
      case (.icmp, "type"), (.icmpv6, "type"):
        return .icmpTypes([UInt8(truncatingIfNeeded: value)], in: field.header)
      default: return nil
      }
    default: return nil
    }
  }

  /// `icmp type { echo-reply, echo-request }`, which nft adds in front of `icmp id`.
  func echoDependency(_ keys: [Operand], _ set: ElementSet) -> Dependency? {
    guard keys.count == 1, keys[0].steps.isEmpty, case .loaded(let elements) = set.elements,
      case .header(let base, let offset, let length) = keys[0].source,
      let field = Selectors.field(base, offset * 8, length * 8, context.applying(pending)),
      field.name == "type"
    else { return nil }
    let types = elements.compactMap(\.key?.first).sorted()
    switch (field.header, types) {
    case (.icmp, [0, 8]), (.icmpv6, [128, 129]): return .icmpTypes(types, in: field.header)
    default: return nil
    }
  }
}

extension Selectors {
  /// `selector [operator] constant`.
  func comparison(
    _ left: Operand, _ operation: Compare.Operation, _ data: [UInt8], in context: ProtocolContext
  ) -> Phrase {
    if operation == .equal || operation == .notEqual {
      let isInverted = operation == .notEqual
      if let phrase = prefixMatch(left, isInverted, data, context)
        ?? nameMatch(left, isInverted, data) ?? bitMatch(left, isInverted, data, context)
        ?? fieldsMatch(left, isInverted, data, context)
      {
        return phrase
      }
    }
    let selector = selector(left, in: context)
    return Phrase(
      selector.text + Self.sign(operation, for: selector) + constant(data, comparedWith: selector),
      needs: selector.needs)
  }

  private func constant(_ data: [UInt8], comparedWith selector: Selector) -> String {
    selector.isCompound && selector.format.type.bitNames == nil
      ? constant(data, selector.format) : literal.text(data, selector.format)
  }

  private static func sign(_ operation: Compare.Operation, for selector: Selector) -> String {
    switch operation {
    // Without a sign nft takes bit masks as "any of these bits".
    case .equal: selector.isCompound || selector.format.type.bitNames != nil ? " == " : " "
    case .notEqual: " != "
    case .less: " < "
    case .lessOrEqual: " <= "
    case .greater: " > "
    case .greaterOrEqual: " >= "
    }
  }

  /// Address blocks: fewer bytes than the field has, or all of them under a mask of leading ones.
  private func prefixMatch(
    _ left: Operand, _ isInverted: Bool, _ data: [UInt8], _ context: ProtocolContext
  ) -> Phrase? {
    let sign = isInverted ? " != " : " "
    if case .header(let base, let offset, let length) = left.source, left.steps.isEmpty {
      for header in context.headers(at: base) {
        guard
          let field = header.field(startingAt: offset * 8, widerThan: length * 8),
          field.type.isAddress, data.count == length
        else { continue }
        let padding = [UInt8](repeating: 0, count: field.bits / 8 - length)
        let address = literal.text(data + padding, ValueFormat(field.type))
        return Phrase("\(field.text)\(sign)\(address)/\(length * 8)", needs: field.needs)
      }
    }
    if case .named(let text, let type, let needs) = left.source, left.steps.isEmpty, type.isAddress,
      data.count < type.bits / 8
    {
      let padding = [UInt8](repeating: 0, count: type.bits / 8 - data.count)
      let address = literal.text(data + padding, ValueFormat(type))
      return Phrase("\(text)\(sign)\(address)/\(data.count * 8)", needs: needs)
    }
    guard left.steps.count == 1, case .mask(let mask, let xor)? = left.steps.first,
      xor.allSatisfy({ $0 == 0 }), mask.count == data.count
    else { return nil }
    var plain = left
    plain.steps = []
    let selector = selector(plain, in: context)
    guard selector.format.type.isAddress else { return nil }
    let length: Int
    if let run = BitRun(mask) {
      // Whole bytes nft would not mask, it loads fewer of them.
      guard run.offset == 0, run.count % 8 != 0 else { return nil }
      length = run.count
    } else {
      guard mask.allSatisfy({ $0 == 0 }) else { return nil }
      length = 0
    }
    return Phrase(
      "\(selector.text)\(sign)\(literal.text(data, selector.format))/\(length)",
      needs: selector.needs)
  }

  /// Interface names: a comparison of fewer bytes without a NUL is a prefix.
  private func nameMatch(_ left: Operand, _ isInverted: Bool, _ data: [UInt8]) -> Phrase? {
    guard left.steps.isEmpty, case .named(let text, let type, let needs) = left.source,
      case .interfaceName = type.style
    else { return nil }
    var name = Literal.cString(data)
    // A star at the end of a whole name has to be escaped.
    if data.count < 16, !data.contains(0) {
      name += "*"
    } else if name.hasSuffix("*") {
      name = name.dropLast() + "\\*"
    }
    return Phrase(text + (isInverted ? " != " : " ") + Literal.quoted(name), needs: needs)
  }

  /// `ct state established,related`: any of the bits, or (with `!`) none of them.
  private func bitMatch(
    _ left: Operand, _ isInverted: Bool, _ data: [UInt8], _ context: ProtocolContext
  ) -> Phrase? {
    guard data.allSatisfy({ $0 == 0 }), left.steps.count == 1,
      case .mask(let mask, let xor)? = left.steps.first, xor.allSatisfy({ $0 == 0 })
    else { return nil }
    var plain = left
    plain.steps = []
    let selector = selector(plain, in: context)
    let value: String
    if let names = selector.format.type.bitNames {
      guard let number = Literal.number(mask, selector.format) else { return nil }
      value = Literal.bits(number, names, separator: ",")
    } else if case .bitNumber = selector.format.type.style {
      value = literal.text(mask, selector.format)
      guard !value.hasPrefix("0x") else { return nil }
    } else {
      return nil
    }
    // != 0 is "some of them".
    return Phrase(selector.text + (isInverted ? " " : " ! ") + value, needs: selector.needs)
  }

  /// One comparison over several neighbouring fields, as older versions of nft merge them.
  private func fieldsMatch(
    _ left: Operand, _ isInverted: Bool, _ data: [UInt8], _ context: ProtocolContext
  ) -> Phrase? {
    guard !isInverted, left.steps.isEmpty, data.count == left.length,
      case .header(let base, let offset, let length) = left.source,
      Self.field(base, offset * 8, length * 8, context) == nil
    else { return nil }
    for header in context.headers(at: base) {
      var position = offset
      var words: [String] = []
      var needs: [Need] = []
      while let field = header.fields.first(where: {
        $0.offset == position * 8 && $0.bits % 8 == 0 && position + $0.bits / 8 <= offset + length
      }) {
        let bytes = Array(data.dropFirst(position - offset).prefix(field.bits / 8))
        words.append(field.text + " " + literal.text(bytes, ValueFormat(field.type)))
        needs += field.needs
        position += field.bits / 8
      }
      // Long runs of fields are rather raw bytes that somebody meant as such.
      if position == offset + length, words.count == 2 || length <= 4 {
        return Phrase(words.joined(separator: " "), needs: needs)
      }
    }
    return nil
  }
}
