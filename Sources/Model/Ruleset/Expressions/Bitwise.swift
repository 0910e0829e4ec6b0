/// `bitwise`: boolean operations and shifts on registers.
package struct Bitwise: Hashable, Sendable {
  package enum Operation: Hashable, Sendable {
    /// `(source & mask) ^ xor`, byte by byte.
    case maskXor(mask: [UInt8], xor: [UInt8])
    /// Shifts over 32-bit words in host order, the first word the most significant.
    case leftShift(UInt32)
    case rightShift(UInt32)
    /// Two-register forms, kernel 6.13 and later.
    case and(Register)
    case or(Register)
    case xor(Register)
  }

  package var source: Register
  package var destination: Register
  /// Bytes operated on.
  package var length: Int
  package var operation: Operation

  package init(source: Register, destination: Register, length: Int, operation: Operation) {
    self.source = source
    self.destination = destination
    self.length = length
    self.operation = operation
  }
}

/// `byteorder`: converts between host and network order.
package struct ByteOrder: Hashable, Sendable {
  package var source: Register
  package var destination: Register
  /// `NFT_BYTEORDER_HTON` (true) or `NTOH`; on a little-endian machine both swap.
  package var toNetwork: Bool
  /// Bytes in all.
  package var length: Int
  /// Bytes of one number: 2, 4 or 8.
  package var size: Int

  package init(source: Register, destination: Register, toNetwork: Bool, length: Int, size: Int) {
    self.source = source
    self.destination = destination
    self.toNetwork = toNetwork
    self.length = length
    self.size = size
  }
}
