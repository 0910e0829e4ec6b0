internal import Model

extension RuleWalk {
  mutating func visit(_ immediate: Immediate) {
    switch immediate.value {
    case .data(let bytes):
      store(Operand(source: .constant(bytes), length: bytes.count), in: immediate.destination)
    case .verdict(let verdict):
      emit(chainBinding(verdict) ?? VerdictText.text(verdict))
    }
  }

  /// `jump { ... }`: a chain without a name of its own is written where it is called.
  private func chainBinding(_ verdict: Verdict) -> String? {
    let (verb, name): (String, String)
    switch verdict {
    case .jump(let chain): (verb, name) = ("jump", chain)
    case .goto(let chain): (verb, name) = ("goto", chain)
    case .drop, .accept, .stolen, .queue, .continue, .break, .return, .unknown: return nil
    }
    // NFT_CHAIN_BINDING = 4.
    guard let chain = table.chain(name), chain.flags & 4 != 0 else { return nil }
    // A bound chain can't hold the rule that calls it, but a damaged dump may.
    var rest = table
    rest.chains.removeAll { $0.name == name }
    let text = RuleText(table: rest, literal: literal)
    return "\(verb) { " + chain.rules.map { text.text(of: $0) }.joined(separator: "; ") + "; }"
  }

  mutating func visit(_ write: MetaWrite) {
    let (text, type) = HostSelectors.meta(write.key)
    assign(text, type, operand(write.source))
  }

  mutating func visit(_ write: ConntrackWrite) {
    let (text, type) = HostSelectors.conntrack(write.key, write.direction)
    assign(text, type, operand(write.source))
  }

  /// `selector set value`.
  private mutating func assign(_ target: String, _ type: DataType, _ value: Operand) {
    emit { selectors, context in
      let words = selectors.value(value, of: type, in: context)
      return Phrase("\(target) set \(words.text)", needs: words.needs)
    }
  }

  mutating func visit(_ write: PayloadWrite) {
    let value = operand(write.source)
    emit { selectors, context in
      if let phrase = selectors.fieldWrite(write, value, in: context) { return phrase }
      let place = Operand(
        source: .header(write.base, offset: write.offset, length: write.length),
        length: write.length)
      let target = selectors.selector(place, in: context)
      let words = selectors.value(value, of: target.format.type, in: context)
      return Phrase("\(target.text) set \(words.text)", needs: target.needs + words.needs)
    }
  }

  /// Writing and removing TCP options.
  mutating func visit(_ header: ExtensionHeader) {
    switch header.access {
    case .load: load(.extensionHeader(header))
    case .strip: emit("reset " + ExtensionFields.name(header))
    case .write(let register):
      let value = operand(register)
      emit { selectors, context in
        let target = selectors.selector(
          Operand(source: .option(header), length: header.length), in: context)
        let words = selectors.value(value, of: target.format.type, in: context)
        return Phrase("\(target.text) set \(words.text)", needs: target.needs + words.needs)
      }
    }
  }
}

extension Selectors {
  /// The right side of a `set`.
  func value(_ operand: Operand, of type: DataType, in context: ProtocolContext) -> Selector {
    if let bytes = operand.constant {
      var type = type
      // On this side nft takes its own keywords, which `tcp` and `icmp` are, for something else.
      if type.number == DataType.transportProtocol.number { type.style = .decimal }
      var text = literal.text(bytes, ValueFormat(type))
      if let names = type.bitNames, let number = Literal.number(bytes, ValueFormat(type)) {
        text = Literal.bits(number, names, separator: ",")
      }
      return Selector(text: text, needs: [], formats: [ValueFormat(type)])
    }
    return selector(operand, in: context, data: type)
  }

  /// A field of less than two bytes: nft loads the 16 bits around it, masks, and writes them back.
  func fieldWrite(
    _ write: PayloadWrite, _ value: Operand, in context: ProtocolContext
  ) -> Phrase? {
    guard case .header(let base, let offset, let length) = value.source, base == write.base,
      offset == write.offset, length == write.length, value.steps.count == 1,
      case .mask(let mask, let xor)? = value.steps.first, mask.count == length,
      let run = BitRun(mask.map { ~$0 }),
      let field = Self.field(base, offset * 8 + run.offset, run.count, context)
    else { return nil }
    let shift = length * 8 - run.offset - run.count
    var format = ValueFormat(field.type, isHostOrder: false, shift: shift)
    if format.type.number == DataType.transportProtocol.number { format.type.style = .decimal }
    return Phrase("\(field.text) set \(literal.text(xor, format))", needs: field.needs)
  }
}
