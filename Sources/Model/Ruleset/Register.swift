/// A register, as the byte offset into the 64 data bytes of the register file, or the verdict
/// register.
package enum Register: Hashable, Sendable {
  case verdict
  /// Offset in bytes: a multiple of 4, below 64.
  case data(offset: Int)

  /// Decodes a netlink register number: 0 verdict, 1 to 4 sixteen bytes each, 8 to 23 four bytes
  /// each (`enum nft_registers`). Anything else gives `nil`.
  package init?(number: UInt32) {
    switch number {
    case 0: self = .verdict
    case 1...4: self = .data(offset: Int(number - 1) * 16)
    case 8...23: self = .data(offset: Int(number - 8) * 4)
    default: return nil
    }
  }

  /// The size of the register file's data part in bytes.
  package static let fileSize = 64
}
