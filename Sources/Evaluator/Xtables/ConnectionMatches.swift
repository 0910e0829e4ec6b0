internal import DecisionDiagram
internal import Model

extension XtablesMatch {
  /// Matches that look at the packet's connection; each of them switches conntrack on.
  static let connections: [XtablesMatch] = [
    XtablesMatch("conntrack", 1, size: 152) { $0.matchConntrack($1, $2) },
    XtablesMatch("conntrack", 2, size: 154) { $0.matchConntrack($1, $2) },
    XtablesMatch("conntrack", 3, size: 162) { $0.matchConntrack($1, $2) },
    XtablesMatch("state", size: 4) { $0.matchState($1, $2) },
    XtablesMatch("connbytes", size: 18) { run, info, _ in run.matchConnectionBytes(info) },
    XtablesMatch("connlimit", 1, size: 24) { run, info, _ in run.matchConnectionLimit(info) },
    XtablesMatch("connlabel", size: 4) { $0.matchConnectionLabel($1, $2) },
    XtablesMatch("helper", size: 34) { run, info, _ in run.matchHelper(info) },
    XtablesMatch("cluster", size: 16) { run, _, _ in run.undecidable("the cluster match") },
  ]
}

extension Run {
  /// Source: net/netfilter/xt_connbytes.c. `struct xt_connbytes_info`: u64 from @0, to @8,
  /// u8 what @16 (0 packets, 1 bytes, 2 average), direction @17 (0 original, 1 reply, 2 both).
  fileprivate func matchConnectionBytes(_ info: XtablesInfo) -> Node {
    let connection = state.connection
    guard connection.present != .never else { return .never }
    let low = info.u64(0)
    let high = info.u64(8)
    guard connection.classification == .new, connection.direction == .original else {
      return diagram.and(connection.present, undecidable("a match of the connection's counters"))
    }
    // A new connection counts its first packet and nothing else.
    let counts = info.u8(17) != 1
    let value: UInt64 =
      switch info.u8(16) {
      case 0: counts ? 1 : 0
      default: counts ? UInt64(state.network.count) : 0
      }
    let holds = high >= low ? low <= value && value <= high : value < high || value > low
    return holds ? connection.present : .never
  }

  /// Source: net/netfilter/xt_connlimit.c. `struct xt_connlimit_info`: mask @0, u32 limit @16,
  /// flags @20 (1 inverted, 2 by destination). The packet's own connection counts.
  fileprivate func matchConnectionLimit(_ info: XtablesInfo) -> Node {
    let limit = info.u32(16)
    let isInverted = info.u32(20) & 1 != 0
    if limit == 0 { return Node(!isInverted) }
    let side = info.u32(20) & 2 != 0 ? "to the destination" : "from the source"
    let within = fact(
      holds: "at most \(limit) connections are open \(side)",
      fails: "more than \(limit) connections are open \(side)")
    return isInverted ? within : diagram.not(within)
  }

  /// Source: net/netfilter/xt_connlabel.c. `struct xt_connlabel_mtinfo`: u16 bit @0, options @2
  /// (1 inverted, 2 set).
  fileprivate func matchConnectionLabel(_ info: XtablesInfo, _ matched: Node) -> Node {
    let isInverted = info.u16(2) & 1 != 0
    let bit = Int(info.u16(0))
    let present = state.connection.present
    guard bit < 128, present != .never else { return Node(isInverted) }
    let index = bit / 8 * 8 + 7 - bit % 8
    var labelled = state.connection.labels.bit(index)
    if state.connection.classification != .new, labelled == .never {
      // Earlier packets may have set it.
      labelled = fact(
        holds: "the connection has label \(bit)",
        fails: "the connection does not have label \(bit)",
        isLikely: false)
    }
    if info.u16(2) & 2 != 0 {
      let affected = diagram.and(matched, present)
      let labels = state.connection.labels
      let set = SymbolicBytes(
        nodes: (0..<128).map { $0 == index ? .always : labels.bit($0) })
      state.connection.labels = diagram.choose(affected, set, labels)
      labelled = .always
    }
    return inverted(diagram.and(present, labelled), isInverted)
  }

  /// Source: net/netfilter/xt_helper.c. `struct xt_helper_info`: int invert @0, name[30] @4. Only a
  /// connection that a helper expected has one that counts.
  fileprivate func matchHelper(_ info: XtablesInfo) -> Node {
    let isInverted = info.u32(0) != 0
    let connection = state.connection
    guard connection.present != .never, connection.classification == .related else {
      return Node(isInverted)
    }
    let name = info.text(4, 30)
    let what = name.isEmpty ? "a helper" : "the helper \(name)"
    let holds = fact(
      holds: "\(what) expected the connection", fails: "\(what) did not expect the connection")
    return inverted(diagram.and(connection.present, holds), isInverted)
  }
}
