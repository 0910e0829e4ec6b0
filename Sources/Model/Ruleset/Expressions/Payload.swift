/// Where a payload offset counts from. Raw values are `enum nft_payload_bases`.
package enum PayloadBase: UInt32, Hashable, Sendable {
  case link = 0
  case network = 1
  case transport = 2
  case inner = 3
  case tunnel = 4
}

/// Loads packet bytes into a register, in the packet's order.
package struct Payload: Hashable, Sendable {
  package var destination: Register
  package var base: PayloadBase
  package var offset: Int
  package var length: Int

  package init(destination: Register, base: PayloadBase, offset: Int, length: Int) {
    self.destination = destination
    self.base = base
    self.offset = offset
    self.length = length
  }
}

/// Writes a register into the packet.
package struct PayloadWrite: Hashable, Sendable {
  package var source: Register
  package var base: PayloadBase
  package var offset: Int
  package var length: Int
  /// `enum nft_payload_csum_types`: 0 none, 1 internet, 2 SCTP CRC32.
  package var checksumType: UInt32
  package var checksumOffset: UInt32
  /// `NFT_PAYLOAD_L4CSUM_PSEUDOHDR` = 1.
  package var checksumFlags: UInt32

  package init(
    source: Register, base: PayloadBase, offset: Int, length: Int, checksumType: UInt32 = 0,
    checksumOffset: UInt32 = 0, checksumFlags: UInt32 = 0
  ) {
    self.source = source
    self.base = base
    self.offset = offset
    self.length = length
    self.checksumType = checksumType
    self.checksumOffset = checksumOffset
    self.checksumFlags = checksumFlags
  }
}

/// `exthdr`: an IPv6 extension header, TCP option, IPv4 option, SCTP chunk or DCCP option.
package struct ExtensionHeader: Hashable, Sendable {
  /// Raw values are `enum nft_exthdr_op`.
  package enum Kind: UInt32, Hashable, Sendable {
    case ipv6 = 0
    case tcpOption = 1
    case ipv4Option = 2
    case sctpChunk = 3
    case dccpOption = 4
  }

  /// What is done with it: loaded, written, or removed (neither register given).
  package enum Access: Hashable, Sendable {
    case load(Register)
    case write(Register)
    case strip
  }

  package var access: Access
  package var kind: Kind
  /// Header, option or chunk type.
  package var type: UInt8
  package var offset: Int
  package var length: Int
  /// `NFT_EXTHDR_F_PRESENT`: load 1 or 0 instead of the bytes.
  package var isPresenceTest: Bool

  package init(
    access: Access, kind: Kind, type: UInt8, offset: Int, length: Int, isPresenceTest: Bool
  ) {
    self.access = access
    self.kind = kind
    self.type = type
    self.offset = offset
    self.length = length
    self.isPresenceTest = isPresenceTest
  }
}

/// `inner`: runs one nested expression on the packet inside a tunnel.
package struct Inner: Hashable, Sendable {
  package var headerSize: UInt32
  package var flags: UInt32
  package var type: UInt32
  package var expression: Expression

  package init(headerSize: UInt32, flags: UInt32, type: UInt32, expression: Expression) {
    self.headerSize = headerSize
    self.flags = flags
    self.type = type
    self.expression = expression
  }
}
