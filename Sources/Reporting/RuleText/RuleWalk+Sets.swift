internal import Model

extension RuleWalk {
  /// The set; or one that stands in for a set that was not read, with as much of a key as the rule
  /// has loaded.
  private func set(named name: String, keyAt register: Register) -> ElementSet {
    if let set = table.set(name) { return set }
    var length = 0
    if case .data(let start) = register {
      while let part = registers[start + length], length < Register.fileSize {
        length += max(4, (part.length + 3) / 4 * 4)
      }
    }
    // Names that begin like this are the kernel's own, for anonymous sets.
    return ElementSet(
      name: name, flags: name.hasPrefix("__") ? .anonymous : [], keyLength: length, dataLength: 4,
      elements: .onDemand(count: nil))
  }

  mutating func visit(_ lookup: Lookup) {
    let set = set(named: lookup.set, keyAt: lookup.source)
    let keys = keys(at: lookup.source, length: set.keyLength)
    if case .data? = lookup.destination, let destination = lookup.destination {
      store(
        Operand(source: .mapped(keys: keys, set: set), length: set.dataLength), in: destination)
      return
    }
    let isAnonymous = set.flags.contains(.anonymous)
    if isAnonymous, lookup.destination == nil, !lookup.isInverted,
      let dependency = echoDependency(keys, set)
    {
      pending.append(dependency)
      return
    }
    let verb =
      if lookup.destination != nil { " vmap " } else if lookup.isInverted { " != " } else { " " }
    emit { selectors, context in
      let key = selectors.concatenation(keys, in: context)
      let body =
        isAnonymous
        ? selectors.elements.anonymous(set, keys: key.formats, data: [])
        : "@" + Escaping.printable(set.name)
      return Phrase(key.text + verb + body, needs: key.needs)
    }
  }

  mutating func visit(_ update: DynamicSet) {
    let set = set(named: update.set, keyAt: update.key)
    let keys = keys(at: update.key, length: set.keyLength)
    let data = update.data.map { self.keys(at: $0, length: set.dataLength) }
    let target = Self.target(of: update, set)
    emit { selectors, context in
      let key = selectors.concatenation(keys, in: context)
      var text = "\(target) { \(key.text)"
      if update.timeout != 0 {
        text += " timeout " + Literal.duration(milliseconds: update.timeout)
      }
      for expression in update.expressions {
        if let statement = StatefulText.text(expression) { text += " " + statement }
      }
      guard let data else { return Phrase(text + " }", needs: key.needs) }
      let formats = selectors.elements.dataFormats(of: set, fallback: nil)
      let values = data.enumerated().map { position, operand in
        selectors.selector(
          operand, in: context, data: formats.dropFirst(position).first?.type)
      }
      text += " : " + values.map(\.text).joined(separator: " . ")
      return Phrase(text + " }", needs: key.needs + values.flatMap(\.needs))
    }
  }

  /// `add @set`, or `meter` for a set that belongs to the rule alone.
  private static func target(of update: DynamicSet, _ set: ElementSet) -> String {
    let name = Escaping.printable(set.name)
    if set.flags.contains(.anonymous) {
      return "meter \(name)" + (set.size.map { " size \($0)" } ?? "")
    }
    switch update.operation {
    case .add: return "add @\(name)"
    case .update: return "update @\(name)"
    case .delete: return "delete @\(name)"
    }
  }

  mutating func visit(_ reference: ObjectReference) {
    switch reference {
    case .name(let name, let type):
      let words = Symbols.name(type, in: Symbols.objectReference) ?? "[object type \(type)] name"
      emit(words + " " + Literal.quoted(name))
    case .map(let name, let register):
      let set = set(named: name, keyAt: register)
      let type = set.objectType ?? 0
      let words = Symbols.name(type, in: Symbols.objectReference) ?? "[object type \(type)] name"
      let keys = keys(at: register, length: set.keyLength)
      emit { selectors, context in
        let key = selectors.concatenation(keys, in: context)
        let body =
          set.flags.contains(.anonymous)
          ? selectors.elements.anonymous(set, keys: key.formats, data: [])
          : "@" + Escaping.printable(set.name)
        return Phrase("\(words) \(key.text) map \(body)", needs: key.needs)
      }
    }
  }
}
