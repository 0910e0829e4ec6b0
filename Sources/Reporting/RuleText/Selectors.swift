internal import Model

/// Puts operands into words, in a given protocol context.
struct Selectors {
  let elements: ElementText
  var literal: Literal { elements.literal }

  /// - Parameter data: the type of the place a map's data goes to, where the map doesn't say.
  func selector(
    _ operand: Operand, in context: ProtocolContext, data: DataType? = nil
  ) -> Selector {
    var steps = operand.steps[...]
    var result = base(operand, &steps, context, data)
    for step in steps { apply(step, to: &result, context) }
    return result
  }

  /// Several registers as one concatenation.
  func concatenation(_ operands: [Operand], in context: ProtocolContext) -> Selector {
    let parts = operands.map { selector($0, in: context) }
    return Selector(
      text: parts.map(\.text).joined(separator: " . "), needs: parts.flatMap(\.needs),
      formats: parts.flatMap(\.formats))
  }

  private func base(
    _ operand: Operand, _ steps: inout ArraySlice<Operand.Step>, _ context: ProtocolContext,
    _ data: DataType?
  ) -> Selector {
    switch operand.source {
    case .named(let text, let type, let needs):
      return Selector(text: text, needs: needs, formats: [ValueFormat(type)])
    case .header(let base, let offset, let length):
      return header(base, offset, length, &steps, context)
    case .option(let option):
      return self.option(option, &steps)
    case .constant(let bytes):
      let type = data ?? .raw(bits: bytes.count * 8)
      return Selector(
        text: literal.text(bytes, ValueFormat(type)), needs: [], formats: [ValueFormat(type)])
    case .mapped(let keys, let set):
      let key = concatenation(keys, in: context)
      let types = elements.dataFormats(of: set, fallback: data)
      let body =
        set.flags.contains(.anonymous)
        ? elements.anonymous(set, keys: key.formats, data: types)
        : "@" + Escaping.printable(set.name)
      return Selector(text: "\(key.text) map \(body)", needs: key.needs, formats: types)
    case .hashed(let keys, let hash):
      let key = concatenation(keys, in: context)
      return Selector(
        text: "jhash \(key.text)" + hash.modulusText, needs: key.needs,
        formats: [ValueFormat(.integer(bits: 32, host: true))])
    case .unknown(let text):
      return Selector(
        text: text, needs: [], formats: [ValueFormat(.raw(bits: operand.length * 8))])
    }
  }

  private func header(
    _ base: PayloadBase, _ offset: Int, _ length: Int, _ steps: inout ArraySlice<Operand.Step>,
    _ context: ProtocolContext
  ) -> Selector {
    if case .mask(let mask, let xor)? = steps.first, xor.allSatisfy({ $0 == 0 }),
      mask.count == length, let run = BitRun(mask), run.count < length * 8,
      let field = Self.field(base, offset * 8 + run.offset, run.count, context)
    {
      steps = steps.dropFirst()
      let shift = length * 8 - run.offset - run.count
      return bitField(field.text, field.needs, (field.type, length), shift, &steps)
    }
    if let field = Self.field(base, offset * 8, length * 8, context) {
      return Selector(text: field.text, needs: field.needs, formats: [ValueFormat(field.type)])
    }
    return Selector(
      text: "@\(Self.baseName(base)),\(offset * 8),\(length * 8)", needs: [],
      formats: [ValueFormat(.raw(bits: length * 8))])
  }

  private func option(
    _ option: ExtensionHeader, _ steps: inout ArraySlice<Operand.Step>
  ) -> Selector {
    let needs = ExtensionFields.needs(option)
    if option.isPresenceTest {
      return Selector(
        text: ExtensionFields.name(option), needs: needs, formats: [ValueFormat(.boolean)])
    }
    if case .mask(let mask, let xor)? = steps.first, xor.allSatisfy({ $0 == 0 }),
      mask.count == option.length, let run = BitRun(mask), run.count < option.length * 8,
      let field = ExtensionFields.field(option, bits: (run.offset, run.count))
    {
      steps = steps.dropFirst()
      return bitField(field.text, needs, (field.type, option.length), field.shift, &steps)
    }
    if let field = ExtensionFields.field(option, bits: nil) {
      return Selector(text: field.text, needs: needs, formats: [ValueFormat(field.type)])
    }
    return Selector(
      text: "[\(ExtensionFields.name(option)) offset \(option.offset) length \(option.length)]",
      needs: needs, formats: [ValueFormat(.raw(bits: option.length * 8))])
  }

  /// A field inside bytes: its value lies `shift` bits up, unless the rule shifts it down itself.
  private func bitField(
    _ text: String, _ needs: [Need], _ value: (type: DataType, length: Int), _ shift: Int,
    _ steps: inout ArraySlice<Operand.Step>
  ) -> Selector {
    var shift = shift
    var isHostOrder = false
    var rest = steps
    while let step = rest.first {
      if case .swap = step {
        isHostOrder.toggle()
      } else if case .rightShift(let count) = step, shift > 0, Int(count) == shift {
        shift = 0
        steps = rest.dropFirst()
      } else {
        break
      }
      rest = rest.dropFirst()
    }
    if shift == 0 { steps = rest } else { isHostOrder = false }
    return Selector(
      text: text, needs: needs,
      formats: [
        ValueFormat(
          value.type, isHostOrder: isHostOrder, shift: shift, length: value.length)
      ])
  }

  static func field(
    _ base: PayloadBase, _ offset: Int, _ bits: Int, _ context: ProtocolContext
  ) -> HeaderField? {
    for header in context.headers(at: base) {
      let candidates = header.fields.filter { $0.offset == offset && $0.bits == bits }
      // `icmp id` and its like: the one whose ICMP type was tested, else the first.
      if let known = candidates.first(where: { field in
        guard case .icmpTypes(let types, _)? = field.typeNeed else { return false }
        return context.icmpTypes == types
      }) {
        return known
      }
      if let field = candidates.first { return field }
    }
    return nil
  }

  static func baseName(_ base: PayloadBase) -> String {
    switch base {
    case .link: "ll"
    case .network: "nh"
    case .transport: "th"
    case .inner, .tunnel: "ih"
    }
  }

  // MARK: Operators

  private func apply(
    _ step: Operand.Step, to selector: inout Selector, _ context: ProtocolContext
  ) {
    let left = selector.isCompound ? "(\(selector.text))" : selector.text
    switch step {
    case .swap:
      for index in selector.formats.indices { selector.formats[index].isHostOrder.toggle() }
      return
    case .leftShift(let count): selector.text = "\(left) << \(count)"
    case .rightShift(let count): selector.text = "\(left) >> \(count)"
    case .combine(let sign, let other):
      let right = self.selector(other, in: context)
      selector.text =
        "\(left) \(sign) " + (right.isCompound ? "(\(right.text))" : right.text)
      selector.needs += right.needs
    case .mask(let mask, let xor):
      selector.text = left + maskText(mask, xor, selector.format)
    }
    selector.isCompound = true
  }

  /// `(x & mask) ^ xor` in the operators that nft folds into it.
  private func maskText(_ mask: [UInt8], _ xor: [UInt8], _ format: ValueFormat) -> String {
    let pairs = zip(mask, xor)
    let inverse = mask.map { ~$0 }
    if xor.allSatisfy({ $0 == 0 }) { return " & " + constant(mask, format) }
    if mask.allSatisfy({ $0 == 0xff }) { return " ^ " + constant(xor, format) }
    if inverse == xor { return " | " + constant(xor, format) }
    let isDisjoint = pairs.allSatisfy { $0 & $1 == 0 }
    return " & " + constant(mask, format) + (isDisjoint ? " | " : " ^ ") + constant(xor, format)
  }

  /// A constant beside an operator.
  func constant(_ bytes: [UInt8], _ format: ValueFormat) -> String {
    switch format.type.style {
    case .bits:
      let text = literal.text(bytes, format)
      return text.contains("|") ? "(\(text))" : text
    case .address, .hardwareAddress, .hexadecimal, .interfaceName:
      return literal.text(bytes, format)
    default:
      guard let number = Literal.number(bytes, format) else { return literal.text(bytes, format) }
      return "0x" + String(number, radix: 16)
    }
  }
}

extension Hash {
  /// ` mod N [seed S] [offset O]`
  var modulusText: String {
    var text = " mod \(modulus)"
    if let seed, source != nil { text += " seed 0x" + String(seed, radix: 16) }
    if offset != 0 { text += " offset \(offset)" }
    return text
  }
}
