/// A set, map, verdict map or object map. (`Set` is Swift's own.)
package struct ElementSet: Hashable, Sendable {
  package struct Flags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Belongs to one rule; named `__set%d` or `__map%d`.
    package static let anonymous = Self(rawValue: 0x1)
    package static let constant = Self(rawValue: 0x2)
    package static let interval = Self(rawValue: 0x4)
    package static let map = Self(rawValue: 0x8)
    package static let timeout = Self(rawValue: 0x10)
    /// Packets may add elements (`dynset`).
    package static let dynamic = Self(rawValue: 0x20)
    package static let object = Self(rawValue: 0x40)
    package static let concatenation = Self(rawValue: 0x80)
    package static let expressions = Self(rawValue: 0x100)
  }

  package var name: String
  package var handle: UInt64
  package var flags: Flags
  /// nft's number for the key's data type: for display only, the kernel does not read it.
  package var keyType: UInt32
  /// Bytes compared: unpadded for a single key, the padded sum for a concatenation.
  package var keyLength: Int
  package var dataType: UInt32
  package var dataLength: Int
  /// `NFT_OBJECT_*` of an object map; `nil` otherwise.
  package var objectType: UInt32?
  /// Bytes of each field of a ranged concatenation (`NFTA_SET_DESC_CONCAT`); empty otherwise.
  package var fieldLengths: [Int]
  /// The most elements it may hold; `nil` without limit.
  package var size: UInt32?
  /// Default lifetime of an element in milliseconds.
  package var timeout: UInt64?
  /// Byte order of the key from nft's userdata: 1 host, 2 network, `nil` not said. For display.
  package var keyByteOrder: UInt32?
  package var dataByteOrder: UInt32?
  /// nft's `auto-merge`: the kernel does not know of it.
  package var mergesElements = false
  package var comment: String?
  /// Templates of the stateful expressions that each element carries.
  package var expressions: [Expression]
  package var elements: Elements

  /// A set's elements: read, or to be asked for one at a time.
  package enum Elements: Hashable, Sendable {
    case loaded([Element])
    /// Too many to read for one question: an `ElementSource` answers for single keys.
    case onDemand(count: UInt32?)
  }

  /// Whether a lookup yields a verdict (`DATA_TYPE` is `NFT_DATA_VERDICT`).
  package var isVerdictMap: Bool { flags.contains(.map) && dataType == 0xffff_ff00 }

  package init(
    name: String, handle: UInt64 = 0, flags: Flags = [], keyType: UInt32 = 0, keyLength: Int,
    dataType: UInt32 = 0, dataLength: Int = 0, objectType: UInt32? = nil,
    fieldLengths: [Int] = [], size: UInt32? = nil, timeout: UInt64? = nil,
    keyByteOrder: UInt32? = nil, dataByteOrder: UInt32? = nil, comment: String? = nil,
    expressions: [Expression] = [], elements: Elements = .loaded([])
  ) {
    self.name = name
    self.handle = handle
    self.flags = flags
    self.keyType = keyType
    self.keyLength = keyLength
    self.dataType = dataType
    self.dataLength = dataLength
    self.objectType = objectType
    self.fieldLengths = fieldLengths
    self.size = size
    self.timeout = timeout
    self.keyByteOrder = keyByteOrder
    self.dataByteOrder = dataByteOrder
    self.comment = comment
    self.expressions = expressions
    self.elements = elements
  }
}

/// One element of a set, as the kernel dumps it.
package struct Element: Hashable, Sendable {
  package enum Data: Hashable, Sendable {
    case value([UInt8])
    case verdict(Verdict)
  }

  /// `nil` for the catch-all element `*`.
  package var key: [UInt8]?
  /// The inclusive upper bound of a ranged concatenation.
  package var keyEnd: [UInt8]?
  /// `NFT_SET_ELEM_INTERVAL_END`: this element is the *exclusive* end of the interval that the next
  /// lower one starts.
  package var isIntervalEnd: Bool
  package var data: Data?
  /// The name of the stateful object, in an object map.
  package var object: String?
  /// Lifetime and what was left of it when it was read, in milliseconds.
  package var timeout: UInt64?
  package var expiration: UInt64?
  package var expressions: [Expression]
  package var comment: String?

  package init(
    key: [UInt8]?, keyEnd: [UInt8]? = nil, isIntervalEnd: Bool = false, data: Data? = nil,
    object: String? = nil, timeout: UInt64? = nil, expiration: UInt64? = nil,
    expressions: [Expression] = [], comment: String? = nil
  ) {
    self.key = key
    self.keyEnd = keyEnd
    self.isIntervalEnd = isIntervalEnd
    self.data = data
    self.object = object
    self.timeout = timeout
    self.expiration = expiration
    self.expressions = expressions
    self.comment = comment
  }
}

/// Names one set of a ruleset.
package struct SetReference: Hashable, Sendable {
  package let family: Family
  package let table: String
  package let name: String

  package init(family: Family, table: String, name: String) {
    self.family = family
    self.table = table
    self.name = name
  }
}

/// Answers for single elements of sets that are too large to read whole.
package protocol ElementSource {
  /// The element that a lookup of `key` finds, `nil` if none does (the catch-all element counts as
  /// one).
  ///
  /// - Parameter key: the key bytes, each field of a concatenation padded to four bytes.
  /// - Returns: `.failure` with a reason for people when the question could not be answered.
  func element(for key: [UInt8], in set: SetReference) -> ElementAnswer
}

/// What an `ElementSource` knows.
package enum ElementAnswer: Hashable, Sendable {
  case found(Element)
  case absent
  /// The question could not be answered, and why.
  case unknown(reason: String)
}
