internal import DecisionDiagram
internal import Model

extension XtablesMatch {
  /// net/netfilter/xt_owner.c, xt_cgroup.c, xt_socket.c.
  static let sockets: [XtablesMatch] = [
    XtablesMatch("owner", 1, size: 18) { run, info, _ in run.matchOwner(info) },
    XtablesMatch("cgroup", 0, size: 8) { run, info, _ in
      run.matchClass(info.u32(0), isInverted: info.u32(4) != 0)
    },
    XtablesMatch("cgroup", 1, size: 4104) { $0.matchControlGroup($1, classOffset: 4100, $2) },
    XtablesMatch("cgroup", 2, size: 520) { $0.matchControlGroup($1, classOffset: 4, $2) },
    XtablesMatch("socket", 0, size: 0) { run, _, matched in run.matchSocket(0, matched) },
    XtablesMatch("socket", 1, size: 1) { $0.matchSocket($1.u8(0), $2) },
    XtablesMatch("socket", 2, size: 1) { $0.matchSocket($1.u8(0), $2) },
    XtablesMatch("socket", 3, size: 1) { $0.matchSocket($1.u8(0), $2) },
  ]
}

extension Run {
  /// What the sending socket is, as far as owner and cgroup matches ask.
  private enum Sender {
    case user(PacketState.Owner)
    /// A socket of the kernel's own (resets, ICMP), without a file.
    case kernel
    /// A listening socket that answers: its owner is not part of an evaluation.
    case listener
    case none
  }

  private var sender: Sender {
    if let owner = state.owner { return .user(owner) }
    guard state.input == nil, hook == .output || hook == .postrouting else { return .none }
    let place = state.transportOffset + 13
    guard state.transport == TransportProtocol.tcp.rawValue, state.transportLength >= 20,
      let flags = state.network.constant(place..<place + 1)?.first
    else { return .kernel }
    return TCPFlags(rawValue: flags).contains(.rst) ? .kernel : .listener
  }

  /// A SYN-ACK is sent for a request, which is no full socket yet (`sk_fullsock`).
  private var isHandshakeAnswer: Bool {
    let place = state.transportOffset + 13
    guard state.transport == TransportProtocol.tcp.rawValue, state.transportLength >= 20,
      let flags = state.network.constant(place..<place + 1)?.first
    else { return false }
    return TCPFlags(rawValue: flags).isSuperset(of: [.syn, .ack])
  }

  /// `struct xt_owner_match_info` (xt_owner.h): u32 uid_min @0, uid_max @4, gid_min @8, gid_max
  /// @12, u8 match @16, invert @17 (1 uid, 2 gid, 4 socket exists, 8 supplementary groups).
  fileprivate func matchOwner(_ info: XtablesInfo) -> Node {
    let match = info.u8(16)
    let invert = info.u8(17)
    switch sender {
    case .none:
      return Node(match ^ invert == 0)
    case .kernel:
      if match & invert & 4 != 0 { return .never }
      return Node((match ^ invert) & 3 == 0)
    case .listener:
      if match & invert & 4 != 0 { return .never }
      return match & 3 == 0 ? .always : undecidable("a match of the listening socket's owner")
    case .user(let owner):
      if match & invert & 4 != 0 { return .never }
      var result = Node.always
      if match & 1 != 0 {
        let isIn = info.u32(0) <= owner.user && owner.user <= info.u32(4)
        result = Node(isIn != (invert & 1 != 0))
      }
      guard match & 2 != 0, result != .never else { return result }
      guard let group = owner.group else {
        return diagram.and(result, undecidable("a match of the socket's group"))
      }
      let isIn = info.u32(8) <= group && group <= info.u32(12)
      if !isIn, match & 8 != 0 {
        let holds = undecidable("a match of the sender's other groups", isLikely: false)
        return inverted(holds, invert & 2 != 0)
      }
      return Node(isIn != (invert & 2 != 0))
    }
  }

  /// The net_cls class of the sending socket: false without one, in both senses.
  fileprivate func matchClass(_ number: UInt32, isInverted: Bool) -> Node {
    if isHandshakeAnswer { return .never }
    switch sender {
    case .none, .listener: return .never
    case .kernel: return Node((number == 0) != isInverted)
    case .user:
      let holds = fact(
        holds: "the sender's net_cls class is \(number)",
        fails: "the sender's net_cls class is not \(number)", isLikely: number == 0)
      return inverted(holds, isInverted)
    }
  }

  /// `struct xt_cgroup_info_v1`, `_v2` (xt_cgroup.h): u8 has_path @0, has_classid @1, invert_path
  /// @2, invert_classid @3, path @4.
  fileprivate func matchControlGroup(
    _ info: XtablesInfo, classOffset: Int, _ matched: Node
  ) -> Node {
    guard info.u8(0) != 0 else {
      return matchClass(info.u32(classOffset), isInverted: info.u8(3) != 0)
    }
    if isHandshakeAnswer { return .never }
    switch sender {
    case .none, .listener: return .never
    case .kernel, .user:
      let path = info.text(4, 512)
      let holds = fact(
        holds: "the sender belongs to the cgroup \(path)",
        fails: "the sender does not belong to the cgroup \(path)", isLikely: false)
      return inverted(holds, info.u8(2) != 0)
    }
  }
}
