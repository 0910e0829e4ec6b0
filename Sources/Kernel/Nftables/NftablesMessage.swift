internal import Model

/// nf_tables messages: `nlmsg_type` is the subsystem (`NFNL_SUBSYS_NFTABLES`, 10) and the message
/// number, followed by `struct nfgenmsg` {u8 family, u8 version, be16 res_id}.
/// Sources: include/uapi/linux/netfilter/nfnetlink.h, nf_tables.h (`enum nf_tables_msg_types`).
enum NftablesMessage: UInt16 {
  case newTable = 0
  case getTable = 1
  case newChain = 3
  case getChain = 4
  case newRule = 6
  case getRule = 7
  case newSet = 9
  case getSet = 10
  case newElement = 12
  case getElement = 13
  case newGeneration = 15
  case getGeneration = 16
  case trace = 17
  case newObject = 18
  case getObject = 19
  case newFlowtable = 22
  case getFlowtable = 23

  static let subsystem: UInt16 = 10
  /// Bytes of `struct nfgenmsg`.
  static let headerLength = 4

  /// `nlmsg_type`.
  var type: UInt16 { Self.subsystem << 8 | rawValue }

  /// Starts a request; `.unspecified` asks for all families.
  func request(_ family: Family = .unspecified, dump: Bool) -> NetlinkRequest {
    NetlinkRequest(type: type, flags: dump ? .dump : [], header: [family.rawValue, 0, 0, 0])
  }
}

extension NetlinkMessage {
  /// The family in `struct nfgenmsg`.
  func family() throws(KernelError) -> Family { Family(rawValue: try u8(at: 0)) }

  /// The attributes of an nf_tables message by number.
  @_lifetime(copy self)
  func nftablesAttributes() throws(KernelError) -> AttributeTable {
    guard payload.count >= NftablesMessage.headerLength else {
      throw .malformed(what: "ruleset", path: "nfgenmsg", offset: payload.count)
    }
    return try AttributeTable(payload.extracting(NftablesMessage.headerLength..<payload.count))
  }
}

/// Runs a decoder of an object whose attributes must all be understood; what is not makes the
/// message malformed.
func understood<Value>(
  _ path: StaticString, _ body: () throws(NotUnderstood) -> Value
) throws(KernelError) -> Value {
  do throws(NotUnderstood) {
    return try body()
  } catch {
    throw .malformed(what: "ruleset", path: "\(path): \(error.reason)", offset: 0)
  }
}
