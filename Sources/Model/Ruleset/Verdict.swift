/// What a rule or a chain says of a packet.
package enum Verdict: Hashable, Sendable {
  case drop
  case accept
  /// The packet is consumed: neither dropped nor passed on.
  case stolen
  /// Handed to a userspace queue.
  case queue(number: UInt16, bypass: Bool)
  /// On with the next expression, or the next rule.
  case `continue`
  /// On with the next rule: this one does not match.
  case `break`
  case jump(chain: String)
  case goto(chain: String)
  case `return`
  /// A code that this version does not know.
  case unknown(Int32)

  /// Decodes `NFTA_VERDICT_CODE`. Sources: include/uapi/linux/netfilter.h (`NF_DROP` ...),
  /// include/uapi/linux/netfilter/nf_tables.h (`enum nft_verdicts`).
  package init(code: Int32, chain: String?) {
    switch code {
    case -1: self = .continue
    case -2: self = .break
    case -3: self = chain.map { .jump(chain: $0) } ?? .unknown(code)
    case -4: self = chain.map { .goto(chain: $0) } ?? .unknown(code)
    case -5: self = .return
    case 0: self = .drop
    case 1: self = .accept
    case 2: self = .stolen
    case _ where code & 0xff == 3:
      self = .queue(
        number: UInt16(truncatingIfNeeded: code >> 16), bypass: code & 0x8000 != 0)
    default: self = .unknown(code)
    }
  }
}
