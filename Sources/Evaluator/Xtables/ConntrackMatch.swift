internal import DecisionDiagram
internal import Model

/// Where revisions of `struct xt_conntrack_mtinfo` (linux/netfilter/xt_conntrack.h) differ; all
/// have four addresses with masks @0, u32 expires_min @128, expires_max @132, u16 l4proto @136,
/// ports[4] @138, match_flags @146, invert_flags @148.
private struct ConntrackMatchLayout {
  var stateMask: UInt16
  var statusMask: UInt16
  /// Revision 3 has ports in host order, with the upper ends @154; before, one port in network
  /// order.
  var hasPortRanges: Bool

  init(_ info: XtablesInfo) {
    hasPortRanges = info.revision >= 3
    stateMask = info.revision == 1 ? UInt16(info.u8(150)) : info.u16(150)
    statusMask = info.revision == 1 ? UInt16(info.u8(151)) : info.u16(152)
  }
}

/// `XT_CONNTRACK_*`: the tests that a rule asks for, and those that are inverted.
private struct ConntrackTests: OptionSet {
  let rawValue: UInt16
  static let state = Self(rawValue: 1 << 0)
  static let transport = Self(rawValue: 1 << 1)
  static let originalSource = Self(rawValue: 1 << 2)
  static let originalDestination = Self(rawValue: 1 << 3)
  static let replySource = Self(rawValue: 1 << 4)
  static let replyDestination = Self(rawValue: 1 << 5)
  static let status = Self(rawValue: 1 << 6)
  static let expires = Self(rawValue: 1 << 7)
  static let originalSourcePort = Self(rawValue: 1 << 8)
  static let originalDestinationPort = Self(rawValue: 1 << 9)
  static let replySourcePort = Self(rawValue: 1 << 10)
  static let replyDestinationPort = Self(rawValue: 1 << 11)
  static let direction = Self(rawValue: 1 << 12)
}

extension Run {
  /// Source: net/netfilter/xt_conntrack.c, `conntrack_mt`. Every test must hold; without an entry
  /// only the state counts.
  func matchConntrack(_ info: XtablesInfo, _ matched: Node) -> Node {
    let layout = ConntrackMatchLayout(info)
    let tests = ConntrackTests(rawValue: info.u16(146))
    let inversion = ConntrackTests(rawValue: info.u16(148))
    let present = state.connection.present
    let absentState = inverted(
      xtablesState(layout.stateMask, untracked: 0x100, isPresent: false),
      inversion.contains(.state))
    let absent = tests.contains(.state) ? absentState : .never
    guard present != .never else { return absent }
    var result = Node.always
    func require(_ test: ConntrackTests, _ value: @autoclosure () -> Node) {
      guard tests.contains(test), result != .never else { return }
      result = diagram.and(result, inverted(value(), inversion.contains(test)))
    }
    require(.state, xtablesState(layout.stateMask, untracked: 0x100, isPresent: true))
    require(.direction, Node(state.connection.direction == .original))
    let original = state.connection.original
    let reply = state.connection.reply
    require(.originalSource, address(original.source, info, 0))
    require(.originalDestination, address(original.destination, info, 32))
    require(.replySource, address(reply.source, info, 64))
    require(.replyDestination, address(reply.destination, info, 96))
    require(.transport, Node(UInt16(state.transport ?? 0) == info.u16(136)))
    require(.originalSourcePort, port(original.sourcePort, info, 0, layout))
    require(.originalDestinationPort, port(original.destinationPort, info, 1, layout))
    require(.replySourcePort, port(reply.sourcePort, info, 2, layout))
    require(.replyDestinationPort, port(reply.destinationPort, info, 3, layout))
    require(.status, anyBit(of: state.connection.status, UInt32(layout.statusMask)))
    require(.expires, remainingTime(info.u32(128), info.u32(132)))
    return diagram.choose(present, result, absent)
  }

  /// Source: net/netfilter/xt_state.c. `struct xt_state_info`: u32 statemask @0.
  func matchState(_ info: XtablesInfo, _ matched: Node) -> Node {
    let mask = UInt16(truncatingIfNeeded: info.u32(0))
    return diagram.choose(
      state.connection.present, xtablesState(mask & ~0xc0, untracked: 0x40, isPresent: true),
      xtablesState(mask, untracked: 0x40, isPresent: false))
  }

  /// Whether the packet's state bit is in a mask: 1 invalid, 2 established, 4 related, 8 new; NAT
  /// of an entry adds 0x40 (source) and 0x80 (destination).
  private func xtablesState(_ mask: UInt16, untracked: UInt16, isPresent: Bool) -> Node {
    guard isPresent else {
      return diagram.choose(
        state.connection.untracked, Node(mask & untracked != 0), Node(mask & 1 != 0))
    }
    let bit = UInt16(truncatingIfNeeded: state.connection.classification.rawValue)
    if mask & bit & 0x0e != 0 { return .always }
    var nat = ConntrackStatus()
    if mask & 0x40 != 0 { nat.insert(.sourceNAT) }
    if mask & 0x80 != 0 { nat.insert(.destinationNAT) }
    return anyBit(of: state.connection.status, nat.rawValue)
  }

  /// (word & mask) != 0, in host order.
  func anyBit(of word: SymbolicBytes, _ mask: UInt32) -> Node {
    mask == 0 ? .never : diagram.not(diagram.masked(word, mask, equals: 0))
  }

  /// `conntrack_addrcmp`: address @offset, its mask 16 bytes further.
  private func address(_ bytes: SymbolicBytes, _ info: XtablesInfo, _ offset: Int) -> Node {
    let mask = info.bytes(offset + 16, bytes.count)
    let value = zip(info.bytes(offset, bytes.count), mask).map { $0 & $1 }
    return diagram.masked(bytes, mask, equals: value)
  }

  private func port(
    _ port: SymbolicBytes, _ info: XtablesInfo, _ index: Int, _ layout: ConntrackMatchLayout
  ) -> Node {
    // Conntrack keeps the id, type and code of ICMP there.
    guard state.hasPorts else { return undecidable("a conntrack match of ICMP fields") }
    guard layout.hasPortRanges else {
      return diagram.equal(port, info.bytes(138 + 2 * index, 2))
    }
    return diagram.within(
      port, Self.be16(info.u16(138 + 2 * index)), Self.be16(info.u16(154 + 2 * index)))
  }

  /// In seconds. An unconfirmed entry has no timer yet.
  private func remainingTime(_ low: UInt32, _ high: UInt32) -> Node {
    if state.connection.classification == .new, !state.connection.isConfirmed {
      return Node(low == 0)
    }
    let words = "the connection's remaining time is"
    return fact(
      holds: "\(words) between \(low) and \(high) seconds",
      fails: "\(words) not between \(low) and \(high) seconds")
  }
}
