internal import Model

/// A netlink message to send: header, the family's own fixed header, attributes.
///
/// The socket fills in length, sequence number and port.
package struct NetlinkRequest: Sendable {
  /// Flags of a request. Source: include/uapi/linux/netlink.h.
  package struct Flags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// `NLM_F_REQUEST`: set on every request by the socket.
    package static let request = Self(rawValue: 0x1)
    /// `NLM_F_ACK`: answer with NLMSG_ERROR even on success.
    package static let acknowledge = Self(rawValue: 0x4)
    /// `NLM_F_DUMP`: all objects.
    package static let dump = Self(rawValue: 0x300)
    /// `NLM_F_EXCL`: fail if it exists.
    package static let exclusive = Self(rawValue: 0x200)
    /// `NLM_F_CREATE`.
    package static let create = Self(rawValue: 0x400)
    /// `NLM_F_APPEND`: after those that exist.
    package static let append = Self(rawValue: 0x800)
  }

  /// The message so far, netlink header included.
  private(set) var bytes: [UInt8]

  /// Starts a message.
  ///
  /// - Parameters:
  ///   - type: the message type, such as `RTM_GETLINK`.
  ///   - flags: `request` is added by itself.
  ///   - header: the family's fixed header, such as a `struct rtmsg`, in the byte order it wants.
  package init(type: UInt16, flags: Flags = [], header: [UInt8] = []) {
    bytes = [0, 0, 0, 0]
    bytes.reserveCapacity(64 + header.count)
    appendHost(type)
    appendHost(flags.union(.request).rawValue)
    bytes.append(contentsOf: [0, 0, 0, 0, 0, 0, 0, 0])
    bytes.append(contentsOf: header)
    pad()
  }

  /// Appends an attribute with a number in network byte order.
  package mutating func append(_ type: UInt16, be16 value: UInt16) {
    append(type, bytes: [UInt8(value >> 8), UInt8(value & 0xff)])
  }

  /// Appends an attribute with a number in network byte order.
  package mutating func append(_ type: UInt16, be32 value: UInt32) {
    append(type, bytes: (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) })
  }

  /// Appends an attribute with a number in network byte order.
  package mutating func append(_ type: UInt16, be64 value: UInt64) {
    append(type, bytes: (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) })
  }

  /// Appends a one-byte attribute.
  package mutating func append(_ type: UInt16, u8 value: UInt8) {
    append(type, bytes: [value])
  }

  /// Appends an attribute with a number in host byte order.
  package mutating func append(_ type: UInt16, u32 value: UInt32) {
    let ordered = value.littleEndian
    append(type, bytes: (0..<4).map { UInt8(truncatingIfNeeded: ordered >> (8 * $0)) })
  }

  /// Appends an attribute with a text and its terminating NUL.
  package mutating func append(_ type: UInt16, string value: String) {
    append(type, bytes: Array(value.utf8) + [0])
  }

  /// Appends an attribute with bytes as they are. More than 65531 bytes are cut, as the length
  /// field can't say more; no request of this program comes near.
  package mutating func append(_ type: UInt16, bytes value: [UInt8]) {
    let payload = value.prefix(Int(UInt16.max) - 4)
    appendHost(UInt16(payload.count + 4))
    appendHost(type)
    bytes.append(contentsOf: payload)
    pad()
  }

  /// Appends an attribute that holds the attributes which `body` appends.
  package mutating func append(_ type: UInt16, nested body: (inout NetlinkRequest) -> Void) {
    let start = bytes.count
    appendHost(UInt16(4))
    appendHost(type | 0x8000)
    body(&self)
    replace(at: start, with: UInt16(truncatingIfNeeded: bytes.count - start))
  }

  /// The same message with more flags.
  package func addingFlags(_ flags: Flags) -> NetlinkRequest {
    var changed = self
    // In host byte order, after length and type.
    let current = UInt16(bytes[6]) | UInt16(bytes[7]) << 8
    changed.replace(at: 6, with: UInt16(littleEndian: current) | flags.rawValue)
    return changed
  }

  /// The finished message.
  func message(sequence: UInt32) -> [UInt8] {
    var finished = self
    let length = UInt32(truncatingIfNeeded: bytes.count)
    finished.replace(
      at: 0, with: UInt16(truncatingIfNeeded: hostIsBigEndian ? length >> 16 : length))
    finished.replace(
      at: 2, with: UInt16(truncatingIfNeeded: hostIsBigEndian ? length : length >> 16))
    let low = UInt16(truncatingIfNeeded: sequence)
    let high = UInt16(truncatingIfNeeded: sequence >> 16)
    finished.replace(at: 8, with: hostIsBigEndian ? high : low)
    finished.replace(at: 10, with: hostIsBigEndian ? low : high)
    return finished.bytes
  }

  private mutating func appendHost(_ value: UInt16) {
    let ordered = value.littleEndian
    bytes.append(UInt8(ordered & 0xff))
    bytes.append(UInt8(ordered >> 8))
  }

  private mutating func replace(at offset: Int, with value: UInt16) {
    let ordered = value.littleEndian
    bytes[offset] = UInt8(ordered & 0xff)
    bytes[offset + 1] = UInt8(ordered >> 8)
  }

  private mutating func pad() {
    while bytes.count % 4 != 0 { bytes.append(0) }
  }
}
