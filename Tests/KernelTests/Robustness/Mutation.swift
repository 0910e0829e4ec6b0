import TestSupport

/// Damages bytes as a broken sender, a lossy file or a newer kernel might.
struct Mutation {
  var random: SeededGenerator

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
  }

  /// Values that lengths, counts and offsets are likely to be wrong by.
  private static let extremes: [UInt8] = [
    0, 1, 2, 4, 7, 8, 0x10, 0x20, 0x40, 0x7f, 0x80, 0xfe, 0xff,
  ]

  /// A copy with up to seven damages.
  mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for _ in 0...random.below(7) where result.count > 16 { damage(&result) }
    return result
  }

  private mutating func damage(_ bytes: inout [UInt8]) {
    let place = random.below(bytes.count)
    // Attributes lie at multiples of four.
    let (from, to) = (random.below(bytes.count) & ~3, place & ~3)
    switch random.below(12) {
    case 0...3: bytes[place] ^= 1 << UInt8(random.below(8))
    case 4, 5: bytes[place] = random.pick(Self.extremes)
    case 6:
      for index in to..<min(to + 4, bytes.count) { bytes[index] = random.pick(Self.extremes) }
    case 7, 8:
      let length = min(4 * random.number(1...16), bytes.count - max(from, to))
      let piece = Array(bytes[from..<from + length])
      bytes.replaceSubrange(to..<to + length, with: piece)
    case 9:
      let length = min(4 * random.number(1...8), bytes.count - from)
      bytes.insert(contentsOf: Array(bytes[from..<from + length]), at: to)
    case 10: bytes.removeSubrange(to..<min(to + 4 * random.number(1...8), bytes.count))
    default: if random.chance(20) { bytes.removeLast(random.below(bytes.count)) }
    }
  }
}
