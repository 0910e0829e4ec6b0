/// `fib`: a routing table lookup.
package struct FIBLookup: Hashable, Sendable {
  /// Raw values are `enum nft_fib_result`.
  package enum Result: UInt32, Hashable, Sendable {
    case outputInterface = 1
    case outputName = 2
    case addressType = 3
  }

  /// Raw values are `enum nft_fib_flags`.
  package struct Flags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let source = Self(rawValue: 0x1)
    package static let destination = Self(rawValue: 0x2)
    package static let mark = Self(rawValue: 0x4)
    package static let inputInterface = Self(rawValue: 0x8)
    package static let outputInterface = Self(rawValue: 0x10)
    package static let present = Self(rawValue: 0x20)
  }

  package var destination: Register
  package var result: Result
  package var flags: Flags

  package init(destination: Register, result: Result, flags: Flags) {
    self.destination = destination
    self.result = result
    self.flags = flags
  }
}

/// `rt`: a property of the packet's route.
package struct Routing: Hashable, Sendable {
  /// Raw values are `enum nft_rt_keys`.
  package enum Key: UInt32, Hashable, Sendable {
    case classID = 0
    case nextHopV4 = 1
    case nextHopV6 = 2
    case tcpMSS = 3
    case transform = 4
  }

  package var destination: Register
  package var key: Key

  package init(destination: Register, key: Key) {
    self.destination = destination
    self.key = key
  }
}

/// `socket`: the local socket that would receive the packet.
package struct SocketLookup: Hashable, Sendable {
  /// Raw values are `enum nft_socket_keys`.
  package enum Key: UInt32, Hashable, Sendable {
    case transparent = 0
    case mark = 1
    case wildcard = 2
    case cgroupV2 = 3
  }

  package var destination: Register
  package var key: Key
  /// The ancestor's level, for `cgroupV2`.
  package var level: UInt32

  package init(destination: Register, key: Key, level: UInt32 = 0) {
    self.destination = destination
    self.key = key
    self.level = level
  }
}

/// `osf`: the sender's operating system by its SYN.
package struct OperatingSystem: Hashable, Sendable {
  package var destination: Register
  package var ttl: UInt8
  package var flags: UInt32

  package init(destination: Register, ttl: UInt8, flags: UInt32) {
    self.destination = destination
    self.ttl = ttl
    self.flags = flags
  }
}

/// `tunnel`: metadata of the tunnel that the packet came through. Key 0 path, 1 id.
package struct Tunnel: Hashable, Sendable {
  package var destination: Register
  package var key: UInt32
  package var mode: UInt32

  package init(destination: Register, key: UInt32, mode: UInt32) {
    self.destination = destination
    self.key = key
    self.mode = mode
  }
}

/// `xfrm` (`ipsec` in nft): a property of the packet's IPsec state.
package struct Transform: Hashable, Sendable {
  package var destination: Register
  package var key: UInt32
  /// 0 in, 1 out.
  package var direction: UInt8
  package var index: UInt32

  package init(destination: Register, key: UInt32, direction: UInt8, index: UInt32) {
    self.destination = destination
    self.key = key
    self.direction = direction
    self.index = index
  }
}
