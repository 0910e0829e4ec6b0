/// A key of the `meta` expression. Raw values are `enum nft_meta_keys`.
package struct MetaKey: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let length = Self(rawValue: 0)
  package static let `protocol` = Self(rawValue: 1)
  package static let priority = Self(rawValue: 2)
  package static let mark = Self(rawValue: 3)
  package static let inputInterface = Self(rawValue: 4)
  package static let outputInterface = Self(rawValue: 5)
  package static let inputName = Self(rawValue: 6)
  package static let outputName = Self(rawValue: 7)
  package static let inputType = Self(rawValue: 8)
  package static let outputType = Self(rawValue: 9)
  package static let userID = Self(rawValue: 10)
  package static let groupID = Self(rawValue: 11)
  package static let trace = Self(rawValue: 12)
  package static let routingClass = Self(rawValue: 13)
  package static let securityMark = Self(rawValue: 14)
  package static let networkFamily = Self(rawValue: 15)
  package static let transportProtocol = Self(rawValue: 16)
  package static let bridgeInputName = Self(rawValue: 17)
  package static let bridgeOutputName = Self(rawValue: 18)
  package static let packetType = Self(rawValue: 19)
  package static let cpu = Self(rawValue: 20)
  package static let inputGroup = Self(rawValue: 21)
  package static let outputGroup = Self(rawValue: 22)
  package static let cgroup = Self(rawValue: 23)
  package static let random = Self(rawValue: 24)
  package static let secpath = Self(rawValue: 25)
  package static let inputKind = Self(rawValue: 26)
  package static let outputKind = Self(rawValue: 27)
  package static let bridgeVLANID = Self(rawValue: 28)
  package static let bridgeVLANProtocol = Self(rawValue: 29)
  package static let timeNanoseconds = Self(rawValue: 30)
  package static let timeDay = Self(rawValue: 31)
  package static let timeHour = Self(rawValue: 32)
  package static let slaveInterface = Self(rawValue: 33)
  package static let slaveName = Self(rawValue: 34)
  package static let bridgeRoute = Self(rawValue: 35)
  package static let bridgeHardwareAddress = Self(rawValue: 36)
}

/// Loads packet metadata. Byte order by key: see `MetaKey` and netfilter's `nft_meta_get_eval`.
package struct Meta: Hashable, Sendable {
  package var destination: Register
  package var key: MetaKey

  package init(destination: Register, key: MetaKey) {
    self.destination = destination
    self.key = key
  }
}

/// Writes packet metadata.
package struct MetaWrite: Hashable, Sendable {
  package var source: Register
  package var key: MetaKey

  package init(source: Register, key: MetaKey) {
    self.source = source
    self.key = key
  }
}
