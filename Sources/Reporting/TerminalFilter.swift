/// Makes a stream of bytes safe for a terminal, piece by piece: line feeds and tabs stay, every
/// other control character and every byte that is not UTF-8 is shown as an escape.
///
/// A carriage return before a line feed goes; one alone would let the peer write over what stands
/// in the line, and is shown.
package struct TerminalFilter: Sendable {
  /// The start of a character whose rest has not come yet, or a carriage return.
  private var held: [UInt8] = []

  package init() {}

  /// What to show for the bytes; their end may be held back until more comes.
  package mutating func shown(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var all = held
    all.append(contentsOf: bytes)
    let keep = Self.incomplete(all)
    held = Array(all.suffix(keep))
    return Self.escaped(all.dropLast(keep))
  }

  /// What was held back, when nothing more will come or the peer waits for an answer.
  package mutating func rest() -> [UInt8] {
    defer { held = [] }
    return Self.escaped(held[...])
  }

  /// How many bytes at the end can't be judged yet.
  private static func incomplete(_ bytes: [UInt8]) -> Int {
    guard let last = bytes.last else { return 0 }
    if last == 0x0d { return 1 }
    guard last >= 0x80 else { return 0 }
    for length in 1...min(3, bytes.count) {
      let byte = bytes[bytes.count - length]
      if byte < 0x80 { return 0 }
      guard byte >= 0xc0 else { continue }
      let needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return needed > length && byte < 0xf5 ? length : 0
    }
    return 0
  }

  private static func escaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var start = bytes.startIndex
    func flush(_ end: Int) {
      guard start < end else { return }
      let run = bytes[start..<end]
      if run.allSatisfy({ (0x20...0x7e).contains($0) }) {
        result += run
      } else {
        result += Escaping.printable(bytes: run).utf8
      }
    }
    for place in bytes.indices where bytes[place] == 0x0a || bytes[place] == 0x09 {
      let isAfterReturn = place > start && bytes[place] == 0x0a && bytes[place - 1] == 0x0d
      flush(isAfterReturn ? place - 1 : place)
      result.append(bytes[place])
      start = place + 1
    }
    flush(bytes.endIndex)
    return result
  }
}
