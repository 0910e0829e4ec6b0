internal import DecisionDiagram
internal import Model

extension Run {
  /// net/netfilter/xt_socket.c: flags 1 transparent, 2 sockets of all addresses too, 4 the packet
  /// gets the socket's mark.
  func matchSocket(_ flags: UInt8, _ matched: Node) -> Node {
    switch packetSocket(matched) {
    case .none: return .never
    case .unknown(let what):
      return fact(
        holds: "\(what) is there and fits", fails: "\(what) is not there, or does not fit",
        isLikely: false)
    case .found(let socket):
      if flags & 2 == 0, socket.isFull, socket.address.isUnspecified { return .never }
      var holds = Node.always
      if flags & 1 != 0 {
        holds =
          socket.isTransparent.map { Node($0) }
          ?? undecidable("a match of transparent sockets", isLikely: false)
      }
      let marked = diagram.and(matched, holds)
      if flags & 4 != 0, socket.isFull, marked != .never {
        let mark =
          socket.mark.map { SymbolicBytes(hostOrder: $0) }
          ?? unknownBytes("the socket's mark", count: 4)
        state.mark = diagram.choose(marked, mark, state.mark)
      }
      return holds
    }
  }

  /// net/netfilter/xt_TPROXY.c: `struct xt_tproxy_target_info`: u32 mark_mask @0, mark_value @4,
  /// the address @8 (4 bytes, in revision 1 16), the port behind it. With a transparent socket
  /// it accepts, without one it drops.
  func proxyTransparently(_ info: XtablesInfo, _ matched: Node) {
    guard state.transport != nil, state.transportLength >= 8, let family = state.family else {
      end(matched, .verdict(.drop))
      return
    }
    let answer = proxySocket(
      address: SymbolicBytes(info.bytes(8, family.addressLength)),
      port: SymbolicBytes(info.bytes(info.revision == 0 ? 12 : 24, 2)))
    let holds = assign(answer, matched, name: "TPROXY")
    let taken = diagram.and(matched, holds)
    let mark = diagram.replacing(state.mark, keep: ~info.u32(0), flip: info.u32(4))
    state.mark = diagram.choose(taken, mark, state.mark)
    end(taken, .verdict(.accept))
    end(diagram.subtract(matched, holds), .verdict(.drop))
  }
}
