/// Turns line feeds into CR LF, as `nc -C` does: one behind a carriage return stays.
package struct LineEnding: Sendable {
  /// Whether line feeds are changed at all.
  package var isCRLF: Bool
  private var previous: UInt8 = 0

  package init(isCRLF: Bool) {
    self.isCRLF = isCRLF
  }

  /// The bytes as they are to be sent.
  package mutating func converted(_ bytes: [UInt8]) -> [UInt8] {
    guard let last = bytes.last else { return [] }
    defer { previous = last }
    guard isCRLF, bytes.contains(0x0a) else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + 16)
    var before = previous
    for byte in bytes {
      if byte == 0x0a, before != 0x0d { result.append(0x0d) }
      result.append(byte)
      before = byte
    }
    return result
  }
}
