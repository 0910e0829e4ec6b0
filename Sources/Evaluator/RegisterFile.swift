internal import DecisionDiagram
internal import Model

/// The 64 data bytes that the expressions of a base chain share.
///
/// Stores follow net/netfilter/nf_tables_core.c: what is not a multiple of four bytes leaves zeros
/// up to the next word. Contents survive from rule to rule, as they do in `nft_do_chain`.
struct RegisterFile {
  private var content = SymbolicBytes([UInt8](repeating: 0, count: Register.fileSize))
  /// One bit for each 32-bit word that has been written.
  private var written: UInt16 = 0

  /// Writes bytes at a register; what would not fit is cut off (the kernel refuses such rules).
  mutating func store(_ value: SymbolicBytes, at register: Register) {
    guard case .data(let offset) = register else { return }
    let padding = (4 - value.count % 4) % 4
    let length = min(value.count, Register.fileSize - offset)
    content.write(length == value.count ? value : value[0..<length], at: offset)
    if padding > 0, offset + length + padding <= Register.fileSize {
      content.write([UInt8](repeating: 0, count: padding), at: offset + length)
    }
    mark(offset, length + padding)
  }

  /// The bytes at a register, or `nil` if some of them were never written or lie outside the file.
  func load(_ register: Register, count: Int) -> SymbolicBytes? {
    guard case .data(let offset) = register, count >= 0, offset + count <= Register.fileSize
    else { return nil }
    for word in offset / 4..<(offset + count + 3) / 4 where written & (1 << UInt16(word)) == 0 {
      return nil
    }
    return content[offset..<offset + count]
  }

  /// Stores part of a packet, if nothing is symbolic: what nearly every load comes to.
  ///
  /// - Returns: false if it must be done the long way.
  mutating func store(
    _ range: Range<Int>, of source: borrowing SymbolicBytes, at register: Register
  ) -> Bool {
    guard case .data(let offset) = register else { return false }
    let padded = (range.count + 3) & ~3
    guard offset + padded <= Register.fileSize, content.copy(range, of: source, to: offset) else {
      return false
    }
    for place in offset + range.count..<offset + padded { _ = content.set(0, at: place) }
    mark(offset, padded)
    return true
  }

  /// Stores one byte, or a number in host order, if nothing is symbolic.
  ///
  /// - Returns: false if it must be done the long way.
  mutating func store(_ number: UInt32, at register: Register) -> Bool {
    guard case .data(let offset) = register, offset + 4 <= Register.fileSize,
      content.set(UInt8(truncatingIfNeeded: number), at: offset)
    else { return false }
    for place in 1..<4 {
      _ = content.set(UInt8(truncatingIfNeeded: number >> UInt32(place * 8)), at: offset + place)
    }
    mark(offset, 4)
    return true
  }

  /// Stores a device's name, sixteen bytes with zeros behind, if nothing is symbolic.
  ///
  /// - Returns: false if it must be done the long way.
  mutating func store(name: String, at register: Register) -> Bool {
    guard case .data(let offset) = register, offset + 16 <= Register.fileSize,
      content.set(0, at: offset)
    else { return false }
    var place = offset
    for byte in name.utf8.prefix(16) {
      _ = content.set(byte, at: place)
      place += 1
    }
    while place < offset + 16 {
      _ = content.set(0, at: place)
      place += 1
    }
    mark(offset, 16)
    return true
  }

  /// memcmp of a register with `data`; `nil` if that must be found out the long way.
  func order(_ register: Register, _ data: [UInt8]) -> Int? {
    guard case .data(let offset) = register, offset + data.count <= Register.fileSize else {
      return nil
    }
    for word in offset / 4..<(offset + data.count + 3) / 4 where written & (1 << UInt16(word)) == 0
    {
      return nil
    }
    return content.order(at: offset, of: data)
  }

  private mutating func mark(_ offset: Int, _ length: Int) {
    for word in offset / 4..<min((offset + length + 3) / 4, Register.fileSize / 4) {
      written |= 1 << UInt16(word)
    }
  }
}
