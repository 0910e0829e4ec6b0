internal import Model

/// What nft keeps with an object for its own use: {u8 type, u8 length, value} one after another.
/// The kernel does not look into it, so whatever is there is taken as it is, and a value that would
/// end beyond the bytes ends the list. Source: libnftnl, include/udata.h.
struct UserData: ~Escapable {
  private let bytes: Span<UInt8>

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
  }

  /// The first value of a type, empty if there is none.
  @_lifetime(copy self)
  func value(_ type: UInt8) -> Span<UInt8> {
    var position = 0
    while bytes.count - position >= 2 {
      let start = position + 2
      let end = start + Int(bytes[position + 1])
      guard end <= bytes.count else { break }
      if bytes[position] == type { return bytes.extracting(start..<end) }
      position = end
    }
    return bytes.extracting(0..<0)
  }

  /// The text of a type, `nil` if there is none: type 0 is the comment of tables, chains, rules,
  /// elements and objects, and 7 that of sets (`NFTNL_UDATA_*_COMMENT`).
  func text(_ type: UInt8) -> String? {
    let text = value(type)
    return text.isEmpty ? nil : text.text()
  }

  /// A u32 in the host order of whoever wrote it.
  func number(_ type: UInt8) -> UInt32? {
    let value = value(type)
    guard value.count == 4 else { return nil }
    return (try? value.number(at: 0, count: 4, bigEndian: hostIsBigEndian, of: 0)).map {
      UInt32(truncatingIfNeeded: $0)
    }
  }
}
