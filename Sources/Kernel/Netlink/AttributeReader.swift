internal import Model

/// One netlink attribute, read in place: a type and the bytes of its payload.
///
/// The getters check the length and throw `KernelError.malformed`; none traps on any bytes. Bytes
/// beyond what a getter needs are ignored, as libnl and the kernel do.
/// Source: include/uapi/linux/netlink.h (`struct nlattr`).
package struct Attribute: ~Escapable {
  /// The type, without the nested (0x8000) and byte order (0x4000) bits, which dumps set or leave
  /// out as they like.
  package let type: UInt16
  /// The payload, without header and padding.
  package let bytes: Span<UInt8>

  @_lifetime(copy bytes)
  init(type: UInt16, bytes: Span<UInt8>) {
    self.type = type
    self.bytes = bytes
  }

  /// A number in network byte order.
  package func be16() throws(KernelError) -> UInt16 {
    try UInt16(bytes.number(at: 0, count: 2, bigEndian: true, of: type))
  }

  /// A number in network byte order.
  package func be32() throws(KernelError) -> UInt32 {
    try UInt32(truncatingIfNeeded: bytes.number(at: 0, count: 4, bigEndian: true, of: type))
  }

  /// A number in network byte order.
  package func be64() throws(KernelError) -> UInt64 {
    try bytes.number(at: 0, count: 8, bigEndian: true, of: type)
  }

  /// A single byte.
  package func u8() throws(KernelError) -> UInt8 {
    try UInt8(bytes.number(at: 0, count: 1, bigEndian: false, of: type))
  }

  /// A number in host byte order.
  package func u16() throws(KernelError) -> UInt16 {
    try UInt16(bytes.number(at: 0, count: 2, bigEndian: hostIsBigEndian, of: type))
  }

  /// A number in host byte order.
  package func u32() throws(KernelError) -> UInt32 {
    try UInt32(
      truncatingIfNeeded: bytes.number(at: 0, count: 4, bigEndian: hostIsBigEndian, of: type))
  }

  /// A number in host byte order.
  package func u64() throws(KernelError) -> UInt64 {
    try bytes.number(at: 0, count: 8, bigEndian: hostIsBigEndian, of: type)
  }

  /// The text up to the first NUL or the end; bytes that are not UTF-8 become U+FFFD.
  package func string() -> String { bytes.text() }

  /// A copy of the payload.
  package func copy() -> [UInt8] { bytes.copy() }

  /// The attributes inside this one.
  package var nested: AttributeReader {
    @_lifetime(copy self)
    get { AttributeReader(bytes) }
  }
}

/// Walks the attributes of a byte range in place, without allocating.
///
///     var attributes = message.attributes(after: 4)
///     while let attribute = try attributes.next() {
///       switch attribute.type { ... }
///     }
package struct AttributeReader: ~Escapable {
  private let bytes: Span<UInt8>
  private var position: Int

  /// Reads the attributes that fill `bytes`.
  @_lifetime(copy bytes)
  package init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
    position = 0
  }

  /// The next attribute, `nil` at the end.
  ///
  /// Fewer bytes than a header at the end are padding. A length shorter than the header or beyond
  /// the range throws `KernelError.malformed`.
  @_lifetime(copy self)
  package mutating func next() throws(KernelError) -> Attribute? {
    guard bytes.count - position >= 4 else { return nil }
    let length = Int(bytes.hostNumber16(at: position))
    let type = bytes.hostNumber16(at: position + 2) & 0x3fff
    guard length >= 4, length <= bytes.count - position else {
      throw .malformed(what: "netlink message", path: "attribute \(type)", offset: position)
    }
    let payload = bytes.extracting((position + 4)..<(position + length))
    position = min(position + (length + 3) & ~3, bytes.count)
    return Attribute(type: type, bytes: payload)
  }
}
