internal import DecisionDiagram
internal import Model

extension XtablesMatch {
  /// net/netfilter/xt_set.c; the revisions differ in what follows the set.
  static let sets: [XtablesMatch] = [
    XtablesMatch("set", 0, size: 32) { run, info, _ in
      // struct xt_set_info_v0 has its inversion, IPSET_MATCH_INV 4, in the last used flag word.
      let isInverted = (0..<6).contains { info.u32(4 + 4 * $0) & 4 != 0 }
      return run.undecidedSet(info.u16(0), isInverted: isInverted)
    },
    XtablesMatch("set", 1, size: 4) { $0.matchSet($1, $2) },
    XtablesMatch("set", 2, size: 4) { $0.matchSet($1, $2) },
    XtablesMatch("set", 3, size: 44) { $0.matchSet($1, $2) },
    XtablesMatch("set", 4, size: 44) { $0.matchSet($1, $2) },
  ]
}

extension XtablesTarget {
  static let sets: [XtablesTarget] = [
    // xt_set_info_target_v0: two sets of 28 bytes.
    XtablesTarget("SET", 0, size: 56) { run, info, _ in run.changeSets([info.u16(0), info.u16(28)])
    },
    XtablesTarget("SET", 1, size: 8) { run, info, _ in run.changeSets([info.u16(0), info.u16(4)]) },
    XtablesTarget("SET", 2, size: 16) { run, info, _ in run.changeSets([info.u16(0), info.u16(4)])
    },
    XtablesTarget("SET", 3, size: 20) { run, info, matched in
      run.changeSets([info.u16(0), info.u16(4)])
      run.mapBySet(info, matched)
    },
  ]
}

extension Run {
  /// Later questions about these sets may have another answer than the kernel gives now.
  fileprivate func changeSets(_ indices: [UInt16]) {
    changedIPSets.formUnion(indices)
  }

  fileprivate func undecidedSet(_ index: UInt16, isInverted: Bool) -> Node {
    let set =
      self.index.ipSets?.set(index).map { "ipset \($0.name)" } ?? "ipset with index \(index)"
    let holds = fact(
      holds: "the \(set) contains the packet", fails: "the \(set) does not contain the packet",
      isLikely: false)
    return inverted(holds, isInverted)
  }

  /// `struct xt_set_info` (linux/netfilter/ipset/ip_set.h): u16 index @0, u8 dim @2, flags @3 (1
  /// inverted, bit k: part k is of the source, 0x80 wants exceptions).
  fileprivate func matchSet(_ info: XtablesInfo, _ matched: Node) -> Node {
    let index = info.u16(0)
    let isInverted = info.u8(3) & 1 != 0
    guard let source = self.index.ipSets, let set = source.set(index), !asksMore(info),
      !changedIPSets.contains(index), let fields = SetField.fields(of: set, flags: info.u8(3))
    else { return undecidedSet(index, isInverted: isInverted) }
    if Int(info.u8(2)) < fields.count { return Node(isInverted) }
    if let family = set.family, family != state.family { return Node(isInverted) }
    guard let bytes = SetField.bytes(of: fields, in: state) else { return Node(isInverted) }
    guard let values = diagram.values(of: bytes, in: matched) else {
      return undecidedSet(index, isInverted: isInverted)
    }
    var result = Node.never
    for (value, part) in values {
      let key = SetField.key(from: value, fields, in: state)
      guard let isIn = source.contains(key, in: set) else {
        return undecidedSet(index, isInverted: isInverted)
      }
      if isIn { result = diagram.or(result, part) }
    }
    return inverted(result, isInverted)
  }

  /// Whether the match asks for an element's counters or for exceptions (`nomatch`): revision 3 has
  /// u8 operations @8 and @24, revision 4 @16 and @32; both u32 flags @40.
  private func asksMore(_ info: XtablesInfo) -> Bool {
    if info.u8(3) & 0x80 != 0 { return true }
    guard info.revision >= 3 else { return false }
    let operations = info.revision == 3 ? [8, 24] : [16, 32]
    return info.u32(40) & 0x80 != 0 || operations.contains { info.u8($0) != 0 }
  }
}

/// One part of an ipset's element, as a packet has it.
private enum SetField {
  case address(isSource: Bool)
  case port(isSource: Bool, withTransport: Bool)
  case mark
  case interface(isSource: Bool)

  /// The parts of a set's type; `nil` if a packet's part is not known here.
  static func fields(of set: IPSet, flags: UInt8) -> [SetField]? {
    guard !set.parts.isEmpty else { return nil }
    var fields: [SetField] = []
    for (place, part) in set.parts.enumerated() {
      let isSource = flags & 1 << UInt8(place + 1) != 0
      switch part {
      case "ip", "net": fields.append(.address(isSource: isSource))
      case "port":
        fields.append(.port(isSource: isSource, withTransport: set.type != "bitmap:port"))
      case "mark": fields.append(.mark)
      case "iface": fields.append(.interface(isSource: isSource))
      default: return nil
      }
    }
    return fields
  }

  /// The packet's bytes for the parts; `nil` where the kernel finds none, and so no match.
  static func bytes(of fields: [SetField], in state: PacketState) -> SymbolicBytes? {
    guard let family = state.family else { return nil }
    var bytes = SymbolicBytes([])
    for field in fields {
      switch field {
      case .address(let isSource):
        bytes.append(isSource ? state.source(family) : state.destination(family))
      case .port(let isSource, let withTransport):
        guard let port = port(isSource, withTransport, state) else { return nil }
        bytes.append(port)
      case .mark: bytes.append(state.mark)
      case .interface(let isSource):
        if (isSource ? state.input : state.output) == nil { return nil }
      }
    }
    return bytes
  }

  /// `ip_set_get_ip4_port`: type and code of ICMP stand for a port, other protocols have 0. A
  /// bitmap of ports knows only TCP and UDP.
  private static func port(
    _ isSource: Bool, _ withTransport: Bool, _ state: PacketState
  ) -> SymbolicBytes? {
    guard let number = state.transport, state.fragmentOffset == 0 else { return nil }
    let transport = TransportProtocol(rawValue: number)
    if !withTransport, transport != .tcp, transport != .udp { return nil }
    switch transport {
    case .tcp, .udp, .sctp, .udplite:
      guard state.hasPorts else { return nil }
      return isSource ? state.sourcePort : state.destinationPort
    case .icmp, .icmpv6:
      guard state.transportLength >= 2 else { return nil }
      return state.network[state.transportOffset..<state.transportOffset + 2]
    default: return SymbolicBytes([0, 0])
    }
  }

  /// The key that the bytes of `bytes(of:in:)` stand for.
  static func key(from value: [UInt8], _ fields: [SetField], in state: PacketState) -> IPSetKey {
    var key = IPSetKey()
    var rest = value[...]
    func take(_ count: Int) -> [UInt8] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    for field in fields {
      switch field {
      case .address:
        if let address = IPAddress(bytes: take(state.family == .v6 ? 16 : 4)) {
          key.addresses.append(address)
        }
      case .port(_, let withTransport):
        key.port = take(2).reduce(0) { $0 << 8 | UInt16($1) }
        if withTransport { key.transport = state.transport }
      case .mark: key.mark = take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
      case .interface(let isSource):
        key.interface = (isSource ? state.input : state.output)?.name
      }
    }
    return key
  }
}
