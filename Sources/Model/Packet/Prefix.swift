/// An address block: the addresses whose first `length` bits are those of `address`.
package struct Prefix: Hashable, Sendable {
  /// The block's first address; bits beyond `length` are zero.
  package let address: IPAddress
  /// Significant bits, 0 to 32 or 0 to 128.
  package let length: Int

  /// Makes the block that holds `address`; a length beyond the family's is taken as the family's.
  package init(_ address: IPAddress, length: Int) {
    let width = address.family.addressBits
    self.length = min(max(length, 0), width)
    self.address = IPAddress(
      family: address.family, bits: address.bits & Self.mask(self.length, width))
  }

  /// Reads `ADDRESS/LENGTH`, or a bare address as a block of one.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(parts[0]) else { return nil }
    guard parts.count == 2 else {
      self.init(address, length: address.family.addressBits)
      return
    }
    guard let length = Int(parts[1]), (0...address.family.addressBits).contains(length) else {
      return nil
    }
    self.init(address, length: length)
  }

  package func contains(_ other: IPAddress) -> Bool {
    let width = address.family.addressBits
    return other.family == address.family && other.bits & Self.mask(length, width) == address.bits
  }

  /// The block's last address.
  package var last: IPAddress {
    let width = address.family.addressBits
    let full: UInt128 = width == 32 ? 0xffff_ffff : .max
    return IPAddress(
      family: address.family, bits: address.bits | (full & ~Self.mask(length, width)))
  }

  private static func mask(_ length: Int, _ width: Int) -> UInt128 {
    let full: UInt128 = width == 32 ? 0xffff_ffff : .max
    return length == 0 ? 0 : full & (full << UInt128(width - length))
  }
}

extension Prefix: CustomStringConvertible {
  package var description: String { "\(address)/\(length)" }
}
