/// A netlink protocol. Source: include/uapi/linux/netlink.h.
package struct NetlinkFamily: RawRepresentable, Hashable, Sendable {
  package let rawValue: Int32
  package init(rawValue: Int32) { self.rawValue = rawValue }

  /// `NETLINK_ROUTE`: links, addresses, routes, rules, neighbours, tc.
  package static let route = Self(rawValue: 0)
  /// `NETLINK_SOCK_DIAG`: sockets.
  package static let socketDiagnosis = Self(rawValue: 4)
  /// `NETLINK_XFRM`: IPsec.
  package static let transform = Self(rawValue: 6)
  /// `NETLINK_NETFILTER`: nf_tables, conntrack, hooks.
  package static let netfilter = Self(rawValue: 12)
  /// `NETLINK_GENERIC`.
  package static let generic = Self(rawValue: 16)
}

/// Whether the kernel gave a dump in one piece.
package enum DumpConsistency: Hashable, Sendable {
  case consistent
  /// A message carried `NLM_F_DUMP_INTR`: what was dumped changed meanwhile, and entries may be
  /// missing or double.
  case interrupted
}

/// Control messages and flags that every netlink family shares.
/// Source: include/uapi/linux/netlink.h.
enum NetlinkControl {
  /// `NLMSG_NOOP`.
  static let noOperation: UInt16 = 1
  /// `NLMSG_ERROR`.
  static let error: UInt16 = 2
  /// `NLMSG_DONE`.
  static let done: UInt16 = 3
  /// `NLM_F_MULTI`.
  static let multipart: UInt16 = 0x2
  /// `NLM_F_DUMP_INTR`.
  static let dumpInterrupted: UInt16 = 0x10
  /// `NLM_F_CAPPED`, on NLMSG_ERROR: the request's payload is not repeated.
  static let capped: UInt16 = 0x100
  /// `NLM_F_ACK_TLVS`, on NLMSG_ERROR and NLMSG_DONE: attributes follow.
  static let acknowledgeAttributes: UInt16 = 0x200
  /// `NLMSGERR_ATTR_MSG`.
  static let errorText: UInt16 = 1
}
