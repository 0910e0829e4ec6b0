internal import Model

/// Writes sets' elements.
struct ElementText {
  let literal: Literal
  let table: Table

  /// `{ a, b : c }`: an anonymous set's elements in braces.
  func anonymous(_ set: ElementSet, keys: [ValueFormat], data: [ValueFormat]) -> String {
    switch set.elements {
    case .loaded(let elements):
      return "{ " + list(elements, of: set, keys: keys, data: data).joined(separator: ", ") + " }"
    case .onDemand(let count):
      return "{ [" + (count.map { "\($0) " } ?? "") + "elements not read] }"
    }
  }

  /// The elements in ascending order of their keys, intervals put together.
  func list(
    _ elements: [Element], of set: ElementSet, keys: [ValueFormat], data: [ValueFormat]
  ) -> [String] {
    var texts: [String] = []
    if set.flags.contains(.interval), keys.count == 1, let format = keys.first {
      for span in Self.spans(elements) {
        texts.append(
          interval(span.from, span.to, format) + tail(span.element, of: set, data: data))
      }
    } else {
      for element in elements.sorted(by: { ($0.key ?? []).lexicographicallyPrecedes($1.key ?? []) })
      {
        guard let key = element.key else { continue }
        texts.append(
          concatenation(key, element.keyEnd, keys) + tail(element, of: set, data: data))
      }
    }
    for element in elements where element.key == nil && !element.isIntervalEnd {
      texts.append("*" + tail(element, of: set, data: data))
    }
    return texts
  }

  struct Span {
    var from: [UInt8]
    /// Inclusive.
    var to: [UInt8]
    var element: Element
  }

  /// Intervals from their starts and exclusive ends; of equal keys the end comes first.
  static func spans(_ elements: [Element]) -> [Span] {
    let sorted = elements.filter { $0.key != nil }.sorted {
      let (a, b) = ($0.key ?? [], $1.key ?? [])
      return a == b
        ? $0.isIntervalEnd && !$1.isIntervalEnd : a.lexicographicallyPrecedes(b)
    }
    var result: [Span] = []
    for (index, element) in sorted.enumerated() where !element.isIntervalEnd {
      guard let from = element.key else { continue }
      var to = [UInt8](repeating: 0xff, count: from.count)
      if let end = element.keyEnd {
        to = end
      } else if index + 1 < sorted.count, let end = sorted[index + 1].key {
        to = predecessor(end)
      }
      result.append(Span(from: from, to: to, element: element))
    }
    return result
  }

  /// The bytes, as a number, less one.
  static func predecessor(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for index in result.indices.reversed() {
      result[index] &-= 1
      if result[index] != 0xff { break }
    }
    return result
  }

  /// One value, a prefix, a wildcard name or a range.
  func interval(_ from: [UInt8], _ to: [UInt8], _ format: ValueFormat) -> String {
    if from == to { return literal.text(from, format) }
    if format.type.isAddress, let length = Self.prefixLength(from, to) {
      return literal.text(from, format) + "/\(length)"
    }
    if case .interfaceName = format.type.style {
      let stem = Array(from.prefix { $0 != 0 })
      if to.dropFirst(stem.count).allSatisfy({ $0 == 0xff }), to.starts(with: stem) {
        return Literal.quoted(Literal.cString(from) + "*")
      }
    }
    return literal.range(from, to, format)
  }

  /// The prefix length if the range is exactly an address block.
  static func prefixLength(_ from: [UInt8], _ to: [UInt8]) -> Int? {
    guard from.count == to.count else { return nil }
    let difference = zip(from, to).map { $0 ^ $1 }
    guard zip(from, difference).allSatisfy({ $0 & $1 == 0 }) else { return nil }
    let bits = difference.count * 8
    if difference.allSatisfy({ $0 == 0 }) { return bits }
    guard let run = BitRun(difference), run.offset + run.count == bits else { return nil }
    return run.offset
  }

  /// The fields of a concatenation, each padded to four bytes.
  private func concatenation(
    _ key: [UInt8], _ end: [UInt8]?, _ formats: [ValueFormat]
  ) -> String {
    guard formats.count > 1, let end = end ?? Optional(key) else {
      guard let format = formats.first else { return "" }
      return end.map { interval(key, $0, format) } ?? literal.text(key, format)
    }
    var position = 0
    var parts: [String] = []
    for (index, format) in formats.enumerated() {
      let isLast = index == formats.count - 1
      let bytes = format.length
      let slot = isLast ? max(0, key.count - position) : (bytes + 3) / 4 * 4
      let from = Array(key.dropFirst(position).prefix(min(bytes, slot)))
      let to = Array(end.dropFirst(position).prefix(min(bytes, slot)))
      parts.append(interval(from, to, format))
      position += slot
    }
    return parts.joined(separator: " . ")
  }

  /// What stands behind an element's key.
  private func tail(_ element: Element, of set: ElementSet, data: [ValueFormat]) -> String {
    var text = ""
    for expression in element.expressions {
      if let statement = StatefulText.text(expression) { text += " " + statement }
    }
    if let timeout = element.timeout {
      text += " timeout " + Literal.duration(milliseconds: timeout)
    }
    if let expiration = element.expiration, expiration != 0 {
      text += " expires " + Literal.duration(milliseconds: expiration)
    }
    if let comment = element.comment { text += " comment " + Literal.quoted(comment) }
    if let name = element.object { text += " : " + Literal.quoted(name) }
    switch element.data {
    case .verdict(let verdict)?: text += " : " + VerdictText.text(verdict)
    case .value(let bytes)?: text += " : " + dataText(bytes, data)
    case nil: break
    }
    return text
  }

  private func dataText(_ bytes: [UInt8], _ formats: [ValueFormat]) -> String {
    if formats.count == 1, let format = formats.first {
      let width = (format.type.bits + 7) / 8
      // An interval as data: two values, for nat's address ranges.
      if bytes.count >= width * 2, width > 0 {
        let slot = (width + 3) / 4 * 4
        return interval(
          Array(bytes.prefix(width)), Array(bytes.dropFirst(slot).prefix(width)), format)
      }
      return literal.text(bytes, format)
    }
    let whole = formats.reduce(0) { $0 + ($1.type.bits + 31) / 32 * 4 }
    if bytes.count >= whole * 2 {
      return concatenation(
        Array(bytes.prefix(whole)), Array(bytes.dropFirst(whole)), formats)
    }
    return concatenation(bytes, nil, formats)
  }

  // MARK: Types

  /// The formats of a named set's key from the types it was declared with.
  func keyFormats(of set: ElementSet) -> [ValueFormat] {
    let types = Self.types(
      set.keyType, length: set.keyLength, host: set.keyByteOrder == 1)
    // nft stores interval keys of host order types in network order, so that they sort.
    let sorts = set.flags.contains(.interval)
    return types.map { ValueFormat($0, isHostOrder: sorts ? false : $0.isHostOrder) }
  }

  func dataFormats(of set: ElementSet, fallback: DataType?) -> [ValueFormat] {
    if let fallback, DataType.numbered(set.dataType) == nil, set.dataType <= 4 {
      return [ValueFormat(fallback)]
    }
    return Self.types(set.dataType, length: set.dataLength, host: set.dataByteOrder != 2)
      .map { ValueFormat($0) }
  }

  /// nft packs the types of a concatenation six bits each (`TYPE_BITS`), the last one lowest.
  static func types(_ number: UInt32, length: Int, host: Bool) -> [DataType] {
    var numbers: [UInt32] = []
    var rest = number
    while rest != 0 {
      numbers.insert(rest & 0x3f, at: 0)
      rest >>= 6
    }
    if numbers.count <= 1 {
      let known = DataType.numbered(number)
      return [known ?? .integer(bits: length * 8, host: host)]
    }
    let known = numbers.map { DataType.numbered($0) }
    let named = known.compactMap(\.self).reduce(0) { $0 + ($1.bits + 31) / 32 * 4 }
    let missing = known.filter { $0 == nil }.count
    let share = missing == 0 ? 0 : max(0, length - named) / missing
    return known.map { $0 ?? .integer(bits: share * 8, host: false) }
  }
}
