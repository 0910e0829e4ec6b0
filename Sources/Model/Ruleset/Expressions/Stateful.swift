/// Counts packets and bytes; has no say in the verdict.
package struct Counter: Hashable, Sendable {
  package var packets: UInt64
  package var bytes: UInt64

  package init(packets: UInt64 = 0, bytes: UInt64 = 0) {
    self.packets = packets
    self.bytes = bytes
  }
}

/// A token bucket.
package struct Limit: Hashable, Sendable {
  /// Packets or bytes per `unit` seconds.
  package var rate: UInt64
  /// Seconds: 1, 60, 3600 ...
  package var unit: UInt64
  package var burst: UInt32
  /// `NFT_LIMIT_PKT_BYTES`.
  package var countsBytes: Bool
  /// `NFT_LIMIT_F_INV`: matches packets over the limit.
  package var isOver: Bool

  package init(rate: UInt64, unit: UInt64, burst: UInt32, countsBytes: Bool, isOver: Bool) {
    self.rate = rate
    self.unit = unit
    self.burst = burst
    self.countsBytes = countsBytes
    self.isOver = isOver
  }
}

/// A budget of bytes.
package struct Quota: Hashable, Sendable {
  package var bytes: UInt64
  package var consumed: UInt64
  /// `NFT_QUOTA_F_INV`: matches when the budget is spent.
  package var isOver: Bool

  package init(bytes: UInt64, consumed: UInt64, isOver: Bool) {
    self.bytes = bytes
    self.consumed = consumed
    self.isOver = isOver
  }
}

/// `ct count`: connections held at the same time.
package struct ConnectionLimit: Hashable, Sendable {
  package var count: UInt32
  /// `NFT_CONNLIMIT_F_INV`: matches above the count.
  package var isOver: Bool

  package init(count: UInt32, isOver: Bool) {
    self.count = count
    self.isOver = isOver
  }
}

/// `numgen`: a counter or random number modulo `modulus`, plus `offset`.
package struct NumberGenerator: Hashable, Sendable {
  package var destination: Register
  package var modulus: UInt32
  /// `NFT_NG_RANDOM`, else incremental.
  package var isRandom: Bool
  package var offset: UInt32

  package init(destination: Register, modulus: UInt32, isRandom: Bool, offset: UInt32) {
    self.destination = destination
    self.modulus = modulus
    self.isRandom = isRandom
    self.offset = offset
  }
}

/// `hash`: of register bytes (jenkins) or of the connection (symmetric), scaled to `modulus`.
package struct Hash: Hashable, Sendable {
  package var destination: Register
  /// `nil` for the symmetric hash.
  package var source: Register?
  package var length: Int
  package var modulus: UInt32
  /// `nil` when the kernel made the seed itself and keeps it.
  package var seed: UInt32?
  package var offset: UInt32

  package init(
    destination: Register, source: Register?, length: Int, modulus: UInt32, seed: UInt32?,
    offset: UInt32
  ) {
    self.destination = destination
    self.source = source
    self.length = length
    self.modulus = modulus
    self.seed = seed
    self.offset = offset
  }
}

/// `log`: no say in the verdict.
package struct Log: Hashable, Sendable {
  package var prefix: String?
  package var group: UInt16?
  package var snapLength: UInt32?
  package var queueThreshold: UInt16?
  /// syslog level; 8 is `audit`.
  package var level: UInt32?
  package var flags: UInt32?

  package init(
    prefix: String? = nil, group: UInt16? = nil, snapLength: UInt32? = nil,
    queueThreshold: UInt16? = nil, level: UInt32? = nil, flags: UInt32? = nil
  ) {
    self.prefix = prefix
    self.group = group
    self.snapLength = snapLength
    self.queueThreshold = queueThreshold
    self.level = level
    self.flags = flags
  }
}
