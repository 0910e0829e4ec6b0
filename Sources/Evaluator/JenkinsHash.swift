/// Bob Jenkins' lookup3 hash as the kernel has it (include/linux/jhash.h).
enum JenkinsHash {
  private static let initial: UInt32 = 0xdead_beef

  /// `jhash(bytes, length, seed)`.
  static func hash(_ bytes: [UInt8], seed: UInt32) -> UInt32 {
    let start = initial &+ UInt32(truncatingIfNeeded: bytes.count) &+ seed
    var (a, b, c) = (start, start, start)
    var offset = 0
    while bytes.count - offset > 12 {
      a = a &+ word(bytes, offset)
      b = b &+ word(bytes, offset + 4)
      c = c &+ word(bytes, offset + 8)
      mix(&a, &b, &c)
      offset += 12
    }
    guard offset < bytes.count else { return c }
    a = a &+ word(bytes, offset)
    b = b &+ word(bytes, offset + 4)
    c = c &+ word(bytes, offset + 8)
    finish(&a, &b, &c)
    return c
  }

  /// `jhash2(words, count, seed)`: the same over whole words.
  static func hashWords(_ words: [UInt32], seed: UInt32) -> UInt32 {
    let start = initial &+ UInt32(truncatingIfNeeded: words.count) << 2 &+ seed
    var (a, b, c) = (start, start, start)
    var rest = words[...]
    while rest.count > 3 {
      a = a &+ rest[rest.startIndex]
      b = b &+ rest[rest.startIndex + 1]
      c = c &+ rest[rest.startIndex + 2]
      mix(&a, &b, &c)
      rest = rest.dropFirst(3)
    }
    guard let first = rest.first else { return c }
    a = a &+ first
    if rest.count > 1 { b = b &+ rest[rest.startIndex + 1] }
    if rest.count > 2 { c = c &+ rest[rest.startIndex + 2] }
    finish(&a, &b, &c)
    return c
  }

  /// `reciprocal_scale`: maps a hash to a number below `modulus`.
  static func scale(_ hash: UInt32, to modulus: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: (UInt64(hash) * UInt64(modulus)) >> 32)
  }

  /// Four bytes, little-endian; bytes past the end count as zero.
  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    (0..<4).reduce(UInt32(0)) { value, index in
      offset + index < bytes.count
        ? value | UInt32(bytes[offset + index]) << UInt32(index * 8) : value
    }
  }

  private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
    value << count | value >> (32 - count)
  }

  private static func mix(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
    a = (a &- c) ^ rotate(c, 4)
    c = c &+ b
    b = (b &- a) ^ rotate(a, 6)
    a = a &+ c
    c = (c &- b) ^ rotate(b, 8)
    b = b &+ a
    a = (a &- c) ^ rotate(c, 16)
    c = c &+ b
    b = (b &- a) ^ rotate(a, 19)
    a = a &+ c
    c = (c &- b) ^ rotate(b, 4)
    b = b &+ a
  }

  private static func finish(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
    c = (c ^ b) &- rotate(b, 14)
    a = (a ^ c) &- rotate(c, 11)
    b = (b ^ a) &- rotate(a, 25)
    c = (c ^ b) &- rotate(b, 16)
    a = (a ^ c) &- rotate(c, 4)
    b = (b ^ a) &- rotate(a, 14)
    c = (c ^ b) &- rotate(b, 24)
  }
}
