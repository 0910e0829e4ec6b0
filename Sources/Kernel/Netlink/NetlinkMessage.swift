internal import Model

/// One received netlink message, read in place: valid only while the closure that got it runs.
package struct NetlinkMessage: ~Escapable {
  /// `nlmsg_type`.
  package let type: UInt16
  /// `nlmsg_flags`.
  package let flags: UInt16
  /// What follows the 16 bytes of the netlink header.
  package let payload: Span<UInt8>

  @_lifetime(copy payload)
  package init(type: UInt16, flags: UInt16, payload: Span<UInt8>) {
    self.type = type
    self.flags = flags
    self.payload = payload
  }

  /// The attributes behind a fixed header of `headerLength` bytes (padded to four); throws
  /// `KernelError.malformed` if the message is shorter than that.
  @_lifetime(copy self)
  package func attributes(after headerLength: Int) throws(KernelError) -> AttributeReader {
    let start = (headerLength + 3) & ~3
    guard start >= 0, start <= payload.count else {
      throw .malformed(what: "netlink message \(type)", path: "header", offset: payload.count)
    }
    return AttributeReader(payload.extracting(start..<payload.count))
  }

  /// A byte of the fixed header.
  package func u8(at offset: Int) throws(KernelError) -> UInt8 {
    try UInt8(payload.number(at: offset, count: 1, bigEndian: false, of: 0))
  }

  /// A number of the fixed header in host byte order.
  package func u16(at offset: Int) throws(KernelError) -> UInt16 {
    try UInt16(payload.number(at: offset, count: 2, bigEndian: hostIsBigEndian, of: 0))
  }

  /// A number of the fixed header in host byte order.
  package func u32(at offset: Int) throws(KernelError) -> UInt32 {
    try UInt32(
      truncatingIfNeeded: payload.number(at: offset, count: 4, bigEndian: hostIsBigEndian, of: 0))
  }

  /// A number of the fixed header in network byte order.
  package func be16(at offset: Int) throws(KernelError) -> UInt16 {
    try UInt16(payload.number(at: offset, count: 2, bigEndian: true, of: 0))
  }

  /// A number of the fixed header in network byte order.
  package func be32(at offset: Int) throws(KernelError) -> UInt32 {
    try UInt32(truncatingIfNeeded: payload.number(at: offset, count: 4, bigEndian: true, of: 0))
  }

  /// A copy of `count` bytes of the fixed header.
  package func bytes(at offset: Int, count: Int) throws(KernelError) -> [UInt8] {
    guard offset >= 0, count >= 0, offset <= payload.count, payload.count - offset >= count else {
      throw .malformed(what: "netlink message \(type)", path: "header", offset: offset)
    }
    return payload.extracting(offset..<(offset + count)).copy()
  }
}

/// Splits a received datagram into messages, in place.
///
/// Source: include/uapi/linux/netlink.h (`struct nlmsghdr`: u32 length, u16 type, u16 flags, u32
/// sequence, u32 port, all in host order).
package struct NetlinkMessages: ~Escapable {
  private let bytes: Span<UInt8>
  private var position = 0
  /// Sequence number of the message that `next` returned last.
  package private(set) var sequence: UInt32 = 0

  /// Splits `bytes`, one datagram or several one after another.
  @_lifetime(copy bytes)
  package init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
  }

  /// The next message, `nil` at the end; a length that can't be throws `KernelError.malformed`.
  @_lifetime(copy self)
  package mutating func next() throws(KernelError) -> NetlinkMessage? {
    guard position < bytes.count else { return nil }
    let left = bytes.count - position
    guard left >= 16 else {
      throw .malformed(what: "netlink datagram", path: "message header", offset: position)
    }
    let length = try Int(
      bytes.number(at: position, count: 4, bigEndian: hostIsBigEndian, of: 0))
    guard length >= 16, length <= left else {
      throw .malformed(what: "netlink datagram", path: "message length", offset: position)
    }
    let type = bytes.hostNumber16(at: position + 4)
    let flags = bytes.hostNumber16(at: position + 6)
    sequence = try UInt32(
      truncatingIfNeeded: bytes.number(
        at: position + 8, count: 4, bigEndian: hostIsBigEndian, of: 0))
    let payload = bytes.extracting((position + 16)..<(position + length))
    position = min(position + (length + 3) & ~3, bytes.count)
    return NetlinkMessage(type: type, flags: flags, payload: payload)
  }
}
