/// What conntrack says of a packet. Raw values are the bits of nft's `ct state` register.
///
/// The corresponding kernel constants are `NF_CT_STATE_INVALID_BIT` and its neighbours
/// (include/uapi/linux/netfilter/nf_conntrack_common.h).
package enum ConntrackState: UInt32, Hashable, Sendable, CaseIterable {
  case invalid = 0x01
  case established = 0x02
  case related = 0x04
  case new = 0x08
  case untracked = 0x40

  package var name: String {
    switch self {
    case .invalid: "invalid"
    case .established: "established"
    case .related: "related"
    case .new: "new"
    case .untracked: "untracked"
    }
  }
}

/// Which of a connection's two directions a packet belongs to (`IP_CT_DIR_ORIGINAL`, `..._REPLY`).
package enum ConntrackDirection: UInt8, Hashable, Sendable {
  case original = 0
  case reply = 1
}

/// Bits of a connection's status (`enum ip_conntrack_status`).
package struct ConntrackStatus: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  package static let expected = Self(rawValue: 0x1)
  package static let seenReply = Self(rawValue: 0x2)
  package static let assured = Self(rawValue: 0x4)
  package static let confirmed = Self(rawValue: 0x8)
  package static let sourceNAT = Self(rawValue: 0x10)
  package static let destinationNAT = Self(rawValue: 0x20)
  package static let sourceNATDone = Self(rawValue: 0x80)
  package static let destinationNATDone = Self(rawValue: 0x100)
  package static let dying = Self(rawValue: 0x200)
}
