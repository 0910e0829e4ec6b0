/// The structure of an xtables match or target, as the kernel dumps it.
///
/// Integers are in host order (little-endian on the machines this program runs on) unless a reader
/// says otherwise. Reads beyond the end give zeros: sizes are checked before an evaluation starts.
struct XtablesInfo {
  let bytes: [UInt8]
  let revision: UInt32

  func u8(_ offset: Int) -> UInt8 {
    bytes.indices.contains(offset) ? bytes[offset] : 0
  }

  func u16(_ offset: Int) -> UInt16 {
    UInt16(u8(offset)) | UInt16(u8(offset + 1)) << 8
  }

  /// In network order.
  func be16(_ offset: Int) -> UInt16 {
    UInt16(u8(offset)) << 8 | UInt16(u8(offset + 1))
  }

  func u32(_ offset: Int) -> UInt32 {
    UInt32(u16(offset)) | UInt32(u16(offset + 2)) << 16
  }

  func u64(_ offset: Int) -> UInt64 {
    UInt64(u32(offset)) | UInt64(u32(offset + 4)) << 32
  }

  func bytes(_ offset: Int, _ count: Int) -> [UInt8] {
    (offset..<offset + count).map { u8($0) }
  }

  /// Text up to the first NUL, at most `count` bytes.
  func text(_ offset: Int, _ count: Int) -> String {
    String(decoding: bytes(offset, count).prefix { $0 != 0 }, as: UTF8.self)
  }
}
