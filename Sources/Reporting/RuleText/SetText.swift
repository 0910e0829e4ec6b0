internal import Model

/// Declares named sets and maps.
struct SetText {
  let elements: ElementText

  func lines(of set: ElementSet) -> [String] {
    let isMap = set.flags.contains(.map) || set.flags.contains(.object)
    var lines = ["\(isMap ? "map" : "set") \(Escaping.printable(set.name)) {"]
    lines.append("\t" + declaration(of: set))
    // 65535 is what the kernel puts in when a rule adds to a set without limit; loaded as a limit
    // it would choose a kind of set that takes no additions (nft_dynset_init, nft_select_set_ops).
    if let size = set.size, size != 0, size != 65535 || set.flags.contains(.dynamic) {
      lines.append("\tsize \(size)")
    }
    let flags = flagWords(set.flags)
    if !flags.isEmpty { lines.append("\tflags " + flags.joined(separator: ",")) }
    if let timeout = set.timeout, timeout != 0 {
      lines.append("\ttimeout " + Literal.duration(milliseconds: timeout))
    }
    if set.mergesElements { lines.append("\tauto-merge") }
    for expression in set.expressions {
      // A template's counts mean nothing.
      if case .counter = expression {
        lines.append("\tcounter")
      } else if let text = StatefulText.text(expression) {
        lines.append("\t" + text)
      }
    }
    if let comment = set.comment { lines.append("\tcomment " + Literal.quoted(comment)) }
    lines += elementLines(of: set)
    return lines + ["}"]
  }

  private func elementLines(of set: ElementSet) -> [String] {
    switch set.elements {
    case .onDemand(let count):
      return ["\t# elements not read" + (count.map { ": \($0)" } ?? "")]
    case .loaded(let list):
      let texts = elements.list(
        list, of: set, keys: elements.keyFormats(of: set),
        data: elements.dataFormats(of: set, fallback: nil))
      if texts.isEmpty { return [] }
      return ["\telements = { " + texts.joined(separator: ",\n\t\t     ") + " }"]
    }
  }

  private func flagWords(_ flags: ElementSet.Flags) -> [String] {
    let words: [(ElementSet.Flags, String)] = [
      (.constant, "constant"), (.dynamic, "dynamic"), (.interval, "interval"),
      (.timeout, "timeout"),
    ]
    return words.filter { flags.contains($0.0) }.map(\.1)
  }

  /// `type a . b : c`, or `typeof` where nft takes no bare name for a type.
  private func declaration(of set: ElementSet) -> String {
    let keys = ElementText.types(
      set.keyType, length: set.keyLength, host: set.keyByteOrder == 1)
    var data: [DataType] = []
    if set.flags.contains(.map), !set.isVerdictMap {
      data = ElementText.types(
        set.dataType, length: set.dataLength, host: set.dataByteOrder == 1)
    }
    let isNamed = (keys + data).allSatisfy { DataType.numbered($0.number) != nil && $0.number != 5 }
    let word = isNamed ? "type" : "typeof"
    var text = word + " " + names(keys, isNamed)
    if set.isVerdictMap {
      text += " : verdict"
    } else if let type = set.objectType {
      text += " : " + (Symbols.name(type, in: Symbols.objectType) ?? "[object type \(type)]")
    } else if !data.isEmpty {
      // Data twice as long as its type holds ranges.
      let width = data.reduce(0) { $0 + ($1.bits + 31) / 32 * 4 }
      let isInterval =
        data.count == 1
        ? set.dataLength >= (data[0].bits + 7) / 8 * 2
        : set.dataLength >= width * 2
      text += " : " + (isInterval ? "interval " : "") + names(data, isNamed)
    }
    return text
  }

  private func names(_ types: [DataType], _ isNamed: Bool) -> String {
    types.map { isNamed ? $0.name : $0.exemplar ?? "[\($0.name), \($0.bits) bits]" }
      .joined(separator: " . ")
  }
}
