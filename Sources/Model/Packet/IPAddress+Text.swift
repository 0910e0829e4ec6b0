extension IPAddress: LosslessStringConvertible, CustomStringConvertible {
  /// Reads dotted-quad IPv4 or RFC 4291 IPv6 text. No scope, no prefix length, no surrounding
  /// space.
  package init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    if bytes.contains(UInt8(ascii: ":")) {
      guard let bits = Self.parseV6(bytes[...]) else { return nil }
      self.init(v6: bits)
    } else {
      guard let bits = Self.parseV4(bytes[...]) else { return nil }
      self.init(v4: bits)
    }
  }

  package init?(_ description: String) {
    self.init(description[...])
  }

  /// Dotted quad, or the canonical form of RFC 5952.
  package var description: String {
    switch family {
    case .v4: return bytes.map { String($0) }.joined(separator: ".")
    case .v6: return Self.canonicalV6(bits)
    }
  }

  private static func parseV4(_ text: ArraySlice<UInt8>) -> UInt32? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      // inet_pton(3): decimal, one to three digits, no leading zero.
      guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0"),
        let value = decimal(part), value < 256
      else { return nil }
      bits = bits << 8 | value
    }
    return bits
  }

  private static func decimal(_ text: ArraySlice<UInt8>) -> UInt32? {
    var value: UInt32 = 0
    for digit in text {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + UInt32(digit - UInt8(ascii: "0"))
    }
    return value
  }

  private static func parseV6(_ text: ArraySlice<UInt8>) -> UInt128? {
    let colon = UInt8(ascii: ":")
    var halves: [ArraySlice<UInt8>] = [text]
    if let gap = doubleColon(in: text) {
      halves = [text[..<gap], text[(gap + 2)...]]
    }
    var words: [[UInt16]] = []
    for (index, half) in halves.enumerated() {
      guard !half.isEmpty else {
        words.append([])
        continue
      }
      var list: [UInt16] = []
      let parts = half.split(separator: colon, omittingEmptySubsequences: false)
      for (position, part) in parts.enumerated() {
        let isLast = index == halves.count - 1 && position == parts.count - 1
        if isLast, part.contains(UInt8(ascii: ".")) {
          guard let v4 = parseV4(part) else { return nil }
          list += [UInt16(v4 >> 16), UInt16(truncatingIfNeeded: v4)]
        } else {
          guard let word = hexadecimal(part) else { return nil }
          list.append(word)
        }
      }
      words.append(list)
    }
    var all: [UInt16]
    if words.count == 2 {
      let missing = 8 - words[0].count - words[1].count
      guard missing >= 1 else { return nil }
      all = words[0] + Array(repeating: 0, count: missing) + words[1]
    } else {
      all = words[0]
    }
    guard all.count == 8 else { return nil }
    return all.reduce(0) { $0 << 16 | UInt128($1) }
  }

  private static func doubleColon(in text: ArraySlice<UInt8>) -> Int? {
    let colon = UInt8(ascii: ":")
    guard text.count >= 2 else { return nil }
    return (text.startIndex..<text.endIndex - 1).first {
      text[$0] == colon && text[$0 + 1] == colon
    }
  }

  private static func hexadecimal(_ text: ArraySlice<UInt8>) -> UInt16? {
    guard (1...4).contains(text.count) else { return nil }
    var value: UInt16 = 0
    for character in text {
      guard let digit = Character(UnicodeScalar(character)).hexDigitValue else { return nil }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  private static func canonicalV6(_ bits: UInt128) -> String {
    let words = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128((7 - $0) * 16)) }
    if bits >> 32 == 0xffff {
      return "::ffff:" + IPAddress(v4: UInt32(truncatingIfNeeded: bits)).description
    }
    // RFC 5952: the longest run of two or more zero words is shortened, the first of equal ones.
    var best = 0..<0
    var start = 0
    while start < 8 {
      guard words[start] == 0 else {
        start += 1
        continue
      }
      var end = start
      while end < 8, words[end] == 0 { end += 1 }
      if end - start > best.count, end - start >= 2 { best = start..<end }
      start = end
    }
    let hex = words.map { String($0, radix: 16) }
    guard !best.isEmpty else { return hex.joined(separator: ":") }
    return hex[..<best.lowerBound].joined(separator: ":") + "::"
      + hex[best.upperBound...].joined(separator: ":")
  }
}
