/// `cmp`: compares the register's first bytes with a constant, as memcmp does.
package struct Compare: Hashable, Sendable {
  /// Raw values are `enum nft_cmp_ops`.
  package enum Operation: UInt32, Hashable, Sendable {
    case equal = 0
    case notEqual = 1
    case less = 2
    case lessOrEqual = 3
    case greater = 4
    case greaterOrEqual = 5
  }

  package var source: Register
  package var operation: Operation
  package var data: [UInt8]

  package init(source: Register, operation: Operation, data: [UInt8]) {
    self.source = source
    self.operation = operation
    self.data = data
  }
}

/// `range`: inclusive bounds, compared as memcmp does.
package struct RangeMatch: Hashable, Sendable {
  package var source: Register
  /// `NFT_RANGE_NEQ`: matches outside the range.
  package var isInverted: Bool
  package var from: [UInt8]
  package var to: [UInt8]

  package init(source: Register, isInverted: Bool = false, from: [UInt8], to: [UInt8]) {
    self.source = source
    self.isInverted = isInverted
    self.from = from
    self.to = to
  }
}
