/// A named stateful object that rules refer to.
package struct StatefulObject: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    case counter(Counter)
    case quota(Quota)
    case limit(Limit)
    case connectionLimit(ConnectionLimit)
    case conntrackHelper(name: String, l3: UInt16?, l4: UInt8?)
    /// With its policy: seconds by the number of the protocol's state (`CTA_TIMEOUT_TCP_*`).
    case conntrackTimeout(l3: UInt16?, l4: UInt8?, policy: [UInt8: UInt32] = [:])
    case conntrackExpectation(Expectation)
    case synproxy(SynProxy)
    case tunnel
    case securityMark(context: String)
    /// A type that this version does not know.
    case unknown(type: UInt32)
  }

  /// `ct expectation`: a connection that is to come.
  package struct Expectation: Hashable, Sendable {
    package var l3: UInt16?
    package var l4: UInt8?
    package var destinationPort: UInt16?
    /// Milliseconds, as nft has it.
    package var timeout: UInt32
    package var size: UInt8

    package init(
      l3: UInt16? = nil, l4: UInt8?, destinationPort: UInt16?, timeout: UInt32 = 0,
      size: UInt8 = 0
    ) {
      self.l3 = l3
      self.l4 = l4
      self.destinationPort = destinationPort
      self.timeout = timeout
      self.size = size
    }
  }

  package var name: String
  package var handle: UInt64
  package var comment: String?
  /// `NFT_OBJECT_*`: 1 counter, 2 quota, 3 ct helper, 4 limit, 5 connlimit, 6 tunnel, 7 ct timeout,
  /// 8 secmark, 9 ct expectation, 10 synproxy.
  package var type: UInt32
  package var content: Content

  package init(
    name: String, handle: UInt64 = 0, type: UInt32, content: Content, comment: String? = nil
  ) {
    self.comment = comment
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
