/// The contract's word for a port (contract.md, section 1).
package enum PortState: String, Hashable, Sendable, CaseIterable {
  case open
  case closed
  case refused
  case blocked
  case filtered
  case openOrFiltered = "open|filtered"
  case unreachable
  case unknown
}
