/// A named stateful object that rules refer to.
package struct StatefulObject: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    case counter(Counter)
    case quota(Quota)
    case limit(Limit)
    case connectionLimit(ConnectionLimit)
    case conntrackHelper(name: String, l3: UInt16?, l4: UInt8?)
    case conntrackTimeout(l3: UInt16?, l4: UInt8?)
    case conntrackExpectation(l4: UInt8?, destinationPort: UInt16?)
    case synproxy(SynProxy)
    case tunnel
    case securityMark(context: String)
    /// A type that this version does not know.
    case unknown(type: UInt32)
  }

  package var name: String
  package var handle: UInt64
  /// `NFT_OBJECT_*`: 1 counter, 2 quota, 3 ct helper, 4 limit, 5 connlimit, 6 tunnel, 7 ct timeout,
  /// 8 secmark, 9 ct expectation, 10 synproxy.
  package var type: UInt32
  package var content: Content

  package init(name: String, handle: UInt64 = 0, type: UInt32, content: Content) {
    self.name = name
    self.handle = handle
    self.type = type
    self.content = content
  }
}

/// A flowtable: established flows may bypass the forward path.
package struct Flowtable: Hashable, Sendable {
  package var name: String
  package var handle: UInt64
  package var priority: Int32
  package var devices: [String]
  /// `NFTA_FLOWTABLE_FLAGS`: 1 hardware offload, 2 counters.
  package var flags: UInt32

  package init(
    name: String, handle: UInt64 = 0, priority: Int32 = 0, devices: [String] = [], flags: UInt32 = 0
  ) {
    self.name = name
    self.handle = handle
    self.priority = priority
    self.devices = devices
    self.flags = flags
  }
}
