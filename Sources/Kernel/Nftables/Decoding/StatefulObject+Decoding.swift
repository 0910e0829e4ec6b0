internal import Model

extension StatefulObject {
  /// Decodes NEWOBJ: `NFTA_OBJ_NAME` 2, `TYPE` 3, `DATA` 4, `HANDLE` 6, `USERDATA` 8. Source:
  /// `nf_tables_fill_obj_info`, net/netfilter/nf_tables_api.c.
  ///
  /// An object whose data is not understood keeps its type with `.unknown`.
  init(_ a: borrowing AttributeTable) throws(KernelError) {
    let (name, type, handle) = try understood("object") { () throws(NotUnderstood) in
      (try a.string(2), try a.be32(3), try a.be64(6, or: 0))
    }
    let data = try AttributeTable(a.payload(4))
    let content: Content
    do throws(NotUnderstood) {
      content = try Content(data, type: type)
    } catch {
      content = .unknown(type: type)
    }
    self.init(
      name: name, handle: handle, type: type, content: content,
      comment: UserData(a.payload(8)).text(0))
  }
}

extension StatefulObject.Content {
  /// Decodes `NFTA_OBJ_DATA` by type (`NFT_OBJECT_*`).
  fileprivate init(_ a: borrowing AttributeTable, type: UInt32) throws(NotUnderstood) {
    switch type {
    case 1: self = .counter(try Counter(a))
    case 2: self = .quota(try Quota(a))
    case 3: self = try Self.helper(a)
    case 4: self = .limit(try Limit(a))
    case 5: self = .connectionLimit(try ConnectionLimit(a))
    case 6: self = .tunnel
    case 7:
      // NFTA_CT_TIMEOUT_L3PROTO 1, L4PROTO 2, DATA 3 (seconds by state, which decide nothing).
      try a.allow(through: 3)
      let states = try a.nested(3)
      var policy: [UInt8: UInt32] = [:]
      for state in 1...13 where states.has(state) {
        policy[UInt8(state)] = try states.be32(state)
      }
      self = .conntrackTimeout(
        l3: a.has(1) ? try a.be16(1) : nil, l4: a.has(2) ? try a.u8(2) : nil, policy: policy)
    case 8:
      try a.allow(through: 1)
      self = .securityMark(context: try a.string(1))
    case 9:
      // NFTA_CT_EXPECT_L3PROTO 1, L4PROTO 2, DPORT 3, TIMEOUT 4, SIZE 5.
      try a.allow(through: 5)
      // The timeout is the one number of nf_tables in host order.
      self = .conntrackExpectation(
        StatefulObject.Expectation(
          l3: a.has(1) ? try a.be16(1) : nil, l4: a.has(2) ? try a.u8(2) : nil,
          destinationPort: a.has(3) ? try a.be16(3) : nil,
          timeout: a.has(4) ? UInt32(bigEndian: try a.be32(4).littleEndian) : 0,
          size: a.has(5) ? try a.u8(5) : 0))
    case 10: self = .synproxy(try SynProxy(a))
    default: self = .unknown(type: type)
    }
  }

  /// `NFTA_CT_HELPER_NAME` 1, `L3PROTO` 2, `L4PROTO` 3.
  private static func helper(
    _ a: borrowing AttributeTable
  ) throws(NotUnderstood) -> StatefulObject.Content {
    try a.allow(through: 3)
    return .conntrackHelper(
      name: try a.string(1), l3: a.has(2) ? try a.be16(2) : nil,
      l4: a.has(3) ? try a.u8(3) : nil)
  }
}
