internal import Model

/// What a register holds at a place in a rule.
struct Operand: Sendable {
  indirect enum Source: Sendable {
    /// A selector with a text of its own: `meta mark`, `ct state`.
    case named(String, DataType, needs: [Need] = [])
    /// Packet bytes; named only when the context is known.
    case header(PayloadBase, offset: Int, length: Int)
    case option(ExtensionHeader)
    case constant([UInt8])
    /// The data a map gives for a key.
    case mapped(keys: [Operand], set: ElementSet)
    case hashed(keys: [Operand], Hash)
    /// Nothing that this rule loaded.
    case unknown(String)
  }

  enum Step: Sendable {
    case mask([UInt8], xor: [UInt8])
    case leftShift(UInt32)
    case rightShift(UInt32)
    case swap
    case combine(String, Operand)
  }

  var source: Source
  /// Bytes.
  var length: Int
  var steps: [Step] = []
  /// Where in a map's data this register lies.
  var dataOffset = 0

  func adding(_ step: Step, length: Int? = nil) -> Operand {
    var copy = self
    copy.steps.append(step)
    if let length { copy.length = length }
    return copy
  }

  var constant: [UInt8]? {
    if case .constant(let bytes) = source, steps.isEmpty { bytes } else { nil }
  }
}

/// An operand put into words.
struct Selector: Sendable {
  var text: String
  var needs: [Need]
  /// How constants that it is compared with are written; one for each field of a concatenation.
  var formats: [ValueFormat]
  /// Whether operators already stand in the text.
  var isCompound = false

  var format: ValueFormat { formats.first ?? ValueFormat(.raw(bits: 8)) }
}

/// A statement, and what nft would add in front of it.
struct Phrase: Sendable {
  var text: String
  var needs: [Need]

  init(_ text: String, needs: [Need] = []) {
    self.text = text
    self.needs = needs
  }
}

/// A mask whose set bits are neighbours.
struct BitRun {
  /// From the first bit of the bytes.
  var offset: Int
  var count: Int

  init?(_ mask: [UInt8]) {
    guard let first = mask.firstIndex(where: { $0 != 0 }),
      let last = mask.lastIndex(where: { $0 != 0 })
    else { return nil }
    offset = first * 8 + mask[first].leadingZeroBitCount
    let end = last * 8 + 8 - mask[last].trailingZeroBitCount
    count = end - offset
    guard mask.reduce(0, { $0 + $1.nonzeroBitCount }) == count else { return nil }
  }
}
