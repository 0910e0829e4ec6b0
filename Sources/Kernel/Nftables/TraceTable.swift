package import Model

/// A table of our own that switches the kernel's trace on for one flow, as long as it lives.
///
/// It belongs to the netlink socket (`NFT_TABLE_F_OWNER`, from kernel 5.12): the kernel removes it
/// when the socket closes, however the process ends (`nft_rcv_nl_event`,
/// net/netfilter/nf_tables_api.c). Its rules match addresses and ports only; a `ct` expression
/// would switch conntrack on.
package struct TraceTable: ~Copyable {
  /// One direction of a flow. A port of `nil` is any.
  package struct Tuple: Hashable, Sendable {
    package var source: Endpoint
    package var destination: Endpoint

    package init(source: Endpoint, destination: Endpoint) {
      self.source = source
      self.destination = destination
    }
  }

  /// The chains' names: what arrives, and what this host sends.
  package static let arrivalChain = "arriving"
  package static let departureChain = "sending"
  /// `NFT_TABLE_F_OWNER`.
  private static let ownerFlag: UInt32 = 2
  /// `NF_IP_PRI_FIRST`. Of chains with one priority the last to come runs first.
  private static let firstOfAll = UInt32(bitPattern: Int32.min)

  /// The table's name; its family is inet.
  package let name: String
  private var socket: NetlinkSocket

  /// Adds the table to the calling thread's network namespace.
  ///
  /// - Parameter tuples: both directions, and where NAT is expected both of them after it.
  /// - Throws: `KernelError.call` with EPERM without CAP_NET_ADMIN, EEXIST if the name is taken;
  ///   `KernelError.unavailable` where the kernel can't tie a table to a socket.
  package init(
    name: String, transport: TransportProtocol, tuples: [Tuple]
  ) throws(KernelError) {
    self.name = name
    var socket = try NetlinkSocket.nftables()
    var requests = [Self.table(name)]
    for (chain, hook) in [(Self.arrivalChain, 0 as UInt32), (Self.departureChain, 3)] {
      requests.append(Self.chain(name, chain, hook: hook))
      for tuple in tuples { requests.append(Self.rule(name, chain, transport, tuple)) }
    }
    if let last = requests.popLast() { requests.append(last.acknowledged) }
    do throws(KernelError) {
      try socket.transact(
        requests, opening: Self.frame(type: 16), closing: Self.frame(type: 17),
        "adding table \(name)")
    } catch .call(_, let error, _) where error == .notSupported {
      throw .unavailable(what: "a table that ends with its owner", hint: "since Linux 5.12")
    }
    self.socket = socket
  }

  // MARK: Messages

  /// `NFNL_MSG_BATCH_BEGIN` 16 and `_END` 17: `res_id` is the subsystem, in network byte order.
  private static func frame(type: UInt16) -> NetlinkRequest {
    NetlinkRequest(type: type, header: [0, 0, 0, UInt8(NftablesMessage.subsystem)])
  }

  private static func message(
    _ message: NftablesMessage, _ flags: NetlinkRequest.Flags
  ) -> NetlinkRequest {
    NetlinkRequest(
      type: message.type, flags: flags, header: [Family.inet.rawValue, 0, 0, 0])
  }

  /// `NFTA_TABLE_NAME` 1, `_FLAGS` 2.
  private static func table(_ name: String) -> NetlinkRequest {
    var request = message(.newTable, [.create, .exclusive])
    request.append(1, string: name)
    request.append(2, be32: ownerFlag)
    return request
  }

  /// `NFTA_CHAIN_TABLE` 1, `_NAME` 3, `_HOOK` 4 {`NFTA_HOOK_HOOKNUM` 1, `_PRIORITY` 2}, `_TYPE` 7.
  private static func chain(_ table: String, _ name: String, hook: UInt32) -> NetlinkRequest {
    var request = message(.newChain, [.create, .exclusive])
    request.append(1, string: table)
    request.append(3, string: name)
    request.append(4) {
      $0.append(1, be32: hook)
      $0.append(2, be32: firstOfAll)
    }
    request.append(7, string: "filter")
    return request
  }

  /// `NFTA_RULE_TABLE` 1, `_CHAIN` 2, `_EXPRESSIONS` 4.
  private static func rule(
    _ table: String, _ chain: String, _ transport: TransportProtocol, _ tuple: Tuple
  ) -> NetlinkRequest {
    var request = message(.newRule, [.create, .append])
    request.append(1, string: table)
    request.append(2, string: chain)
    request.append(4) { match(transport, tuple, in: &$0) }
    return request
  }

  /// The expressions of a rule: `meta nftrace set 1` for packets of one tuple.
  private static func match(
    _ transport: TransportProtocol, _ tuple: Tuple, in rule: inout NetlinkRequest
  ) {
    let isV4 = tuple.source.address.family == .v4
    // NFT_META_NFPROTO and NFT_META_L4PROTO.
    rule.loadMeta(key: 15)
    rule.compare([isV4 ? Family.ip.rawValue : Family.ip6.rawValue])
    rule.loadMeta(key: 16)
    rule.compare([transport.rawValue])
    let places: (source: UInt32, destination: UInt32) = isV4 ? (12, 16) : (8, 24)
    rule.comparePayload(base: 1, offset: places.source, tuple.source.address.bytes)
    rule.comparePayload(base: 1, offset: places.destination, tuple.destination.address.bytes)
    for (offset, port) in [(0, tuple.source.port), (2, tuple.destination.port)] as [(UInt32, Port?)]
    {
      guard let number = port?.number else { continue }
      rule.comparePayload(base: 2, offset: offset, [UInt8(number >> 8), UInt8(number & 0xff)])
    }
    rule.setTrace()
  }
}

/// Expressions: `NFTA_LIST_ELEM` 1 {`NFTA_EXPR_NAME` 1, `NFTA_EXPR_DATA` 2}. All use register 1.
extension NetlinkRequest {
  /// The same message, to be answered.
  fileprivate var acknowledged: NetlinkRequest { addingFlags(.acknowledge) }

  private mutating func expression(_ name: String, _ data: (inout NetlinkRequest) -> Void) {
    append(1) {
      $0.append(1, string: name)
      $0.append(2, nested: data)
    }
  }

  /// `NFTA_META_DREG` 1, `_KEY` 2.
  fileprivate mutating func loadMeta(key: UInt32) {
    expression("meta") {
      $0.append(1, be32: 1)
      $0.append(2, be32: key)
    }
  }

  /// `NFTA_PAYLOAD_DREG` 1, `_BASE` 2, `_OFFSET` 3, `_LEN` 4.
  fileprivate mutating func comparePayload(base: UInt32, offset: UInt32, _ bytes: [UInt8]) {
    expression("payload") {
      $0.append(1, be32: 1)
      $0.append(2, be32: base)
      $0.append(3, be32: offset)
      $0.append(4, be32: UInt32(truncatingIfNeeded: bytes.count))
    }
    compare(bytes)
  }

  /// `NFTA_CMP_SREG` 1, `_OP` 2 (`NFT_CMP_EQ` 0), `_DATA` 3 {`NFTA_DATA_VALUE` 1}.
  fileprivate mutating func compare(_ bytes: [UInt8]) {
    expression("cmp") {
      $0.append(1, be32: 1)
      $0.append(2, be32: 0)
      $0.append(3) { $0.append(1, bytes: bytes) }
    }
  }

  /// `NFTA_IMMEDIATE_DREG` 1, `_DATA` 2; then `NFTA_META_KEY` 2 (`NFT_META_NFTRACE` 12), `_SREG` 3.
  fileprivate mutating func setTrace() {
    expression("immediate") {
      $0.append(1, be32: 1)
      $0.append(2) { $0.append(1, bytes: [1]) }
    }
    expression("meta") {
      $0.append(2, be32: 12)
      $0.append(3, be32: 1)
    }
  }
}
