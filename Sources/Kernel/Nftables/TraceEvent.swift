package import Model

/// One message of nf_tables' own trace: what a chain said of a packet that carries the trace flag.
///
/// Rules that do not match give no event. The end of a base chain gives a `.return` event without
/// rule, then a `.policy` event.
package struct TraceEvent: Hashable, Sendable {
  /// Raw values are `enum nft_trace_types`.
  package enum Kind: UInt32, Hashable, Sendable {
    case policy = 1
    case `return` = 2
    case rule = 3
  }

  /// Tells packets apart, together with the moment: the same packet keeps it from hook to hook, but
  /// it may come again for another one (`nft_trace_fill_id` hashes the buffer's address).
  package var id: UInt32
  /// The table's family.
  package var family: Family
  package var table: String
  package var chain: String
  package var kind: Kind
  /// The rule that matched; `nil` in policy events and at the end of a chain.
  package var ruleHandle: UInt64?
  package var verdict: Verdict?
  /// The base chain's policy, in policy events.
  package var policy: Verdict?
  /// The devices and headers come only with the first event of each base chain.
  package var inputInterface: InterfaceIndex?
  package var outputInterface: InterfaceIndex?
  package var mark: UInt32
  /// The family of the hook call: `ip` or `ip6` within an `inet` table. `nil` if not said.
  package var packetFamily: Family?
  /// The packet's headers from the network layer on, as far as the kernel shows them; or empty.
  package var networkHeader: [UInt8]
  package var transportHeader: [UInt8]
}

extension TraceEvent {
  /// Decodes a TRACE message: `NFTA_TRACE_TABLE` 1, `CHAIN` 2, `RULE_HANDLE` 3, `TYPE` 4,
  /// `VERDICT` 5 {`NFTA_VERDICT_CODE` 1, `CHAIN` 2}, `ID` 6, `NETWORK_HEADER` 8,
  /// `TRANSPORT_HEADER` 9, `IIF` 10, `OIF` 12, `MARK` 14, `NFPROTO` 15, `POLICY` 16. Source:
  /// net/netfilter/nf_tables_trace.c.
  init(_ message: borrowing NetlinkMessage) throws(KernelError) {
    let a = try message.nftablesAttributes()
    let family = try message.family()
    do throws(NotUnderstood) {
      self.init(
        id: try a.be32(6), family: family, table: try a.string(1), chain: try a.string(2),
        kind: try a.choice(4, "type"), ruleHandle: a.has(3) ? try a.be64(3) : nil,
        verdict: nil, policy: nil, inputInterface: try a.interface(10),
        outputInterface: try a.interface(12), mark: try a.be32(14, or: 0),
        packetFamily: a.has(15)
          ? Family(rawValue: UInt8(truncatingIfNeeded: try a.be32(15))) : nil,
        networkHeader: a.payload(8).copy(), transportHeader: a.payload(9).copy())
      if a.has(16) {
        policy = Verdict(code: Int32(bitPattern: try a.be32(16)), chain: nil)
      }
      if a.has(5) {
        let verdict = try a.nested(5)
        self.verdict = Verdict(
          code: Int32(bitPattern: try verdict.be32(1)),
          chain: verdict.has(2) ? try verdict.string(2) : nil)
      }
    } catch {
      throw .malformed(what: "trace event", path: error.reason, offset: 0)
    }
  }
}

extension AttributeTable {
  fileprivate func interface(_ type: Int) throws(NotUnderstood) -> InterfaceIndex? {
    has(type) ? InterfaceIndex(rawValue: try be32(type)) : nil
  }
}
