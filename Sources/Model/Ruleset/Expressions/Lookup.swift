/// Looks a key up in a set or map of the rule's table.
package struct Lookup: Hashable, Sendable {
  package var set: String
  package var source: Register
  /// `nil` for a set; the verdict register for a verdict map.
  package var destination: Register?
  /// `NFT_LOOKUP_F_INV`: matches when nothing is found.
  package var isInverted: Bool

  package init(
    set: String, source: Register, destination: Register? = nil, isInverted: Bool = false
  ) {
    self.set = set
    self.source = source
    self.destination = destination
    self.isInverted = isInverted
  }
}

/// `dynset`: adds, refreshes or deletes an element from the packet path.
package struct DynamicSet: Hashable, Sendable {
  /// Raw values are `enum nft_dynset_ops`.
  package enum Operation: UInt32, Hashable, Sendable {
    case add = 0
    case update = 1
    case delete = 2
  }

  package var set: String
  package var operation: Operation
  package var key: Register
  package var data: Register?
  /// Milliseconds; 0 takes the set's own.
  package var timeout: UInt64
  /// `NFT_DYNSET_F_INV`.
  package var isInverted: Bool
  /// Stateful expressions that a new element carries and that run on it.
  package var expressions: [Expression]

  package init(
    set: String, operation: Operation, key: Register, data: Register? = nil, timeout: UInt64 = 0,
    isInverted: Bool = false, expressions: [Expression] = []
  ) {
    self.set = set
    self.operation = operation
    self.key = key
    self.data = data
    self.timeout = timeout
    self.isInverted = isInverted
    self.expressions = expressions
  }
}

/// `objref`: runs a stateful object.
package enum ObjectReference: Hashable, Sendable {
  /// By name; `type` is `NFT_OBJECT_*`.
  case name(String, type: UInt32)
  /// Through an object map.
  case map(set: String, key: Register)
}
