internal import DecisionDiagram
internal import Model

extension XtablesMatch {
  /// net/netfilter/xt_mac.c, xt_pkttype.c, xt_physdev.c, xt_devgroup.c, xt_realm.c, xt_cpu.c.
  static let devices: [XtablesMatch] = [
    XtablesMatch("mac", size: 12) { run, info, _ in run.matchSender(info) },
    XtablesMatch("pkttype", size: 8) { run, info, _ in run.matchPacketType(info) },
    XtablesMatch("physdev", size: 66) { run, info, _ in run.matchBridgePorts(info) },
    XtablesMatch("devgroup", size: 20) { run, info, _ in run.matchDeviceGroups(info) },
    XtablesMatch("realm", size: 9) { run, info, _ in run.matchRealm(info) },
    XtablesMatch("cpu", size: 8) { run, info, _ in
      let holds = run.undecidable("a match of CPU \(info.u32(0))", isLikely: info.u32(4) != 0)
      return holds
    },
  ]
}

extension Run {
  /// `struct xt_mac_info` (xt_mac.h): srcaddr[6] @0, int invert @8. Without an Ethernet header it
  /// is false in both senses.
  fileprivate func matchSender(_ info: XtablesInfo) -> Node {
    guard let input = state.input, input.hardwareType == 1, state.link.count >= 14 else {
      return .never
    }
    let source = state.link[6..<12]
    let isInverted = info.u32(8) != 0
    if source.constant == [0, 0, 0, 0, 0, 0] {
      // Nobody sends from it: the question says nothing about Ethernet addresses.
      let text = info.bytes(0, 6).map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
      }.joined(separator: ":")
      let holds = fact(
        holds: "the sender's hardware address is \(text)",
        fails: "the sender's hardware address is not \(text)", isLikely: false)
      return inverted(holds, isInverted)
    }
    return inverted(diagram.equal(source, info.bytes(0, 6)), isInverted)
  }

  /// `struct xt_pkttype_info` (xt_pkttype.h): int pkttype @0, invert @4.
  fileprivate func matchPacketType(_ info: XtablesInfo) -> Node {
    Node((UInt32(state.packetType) == info.u32(0)) != (info.u32(4) != 0))
  }

  /// `struct xt_physdev_info` (xt_physdev.h): physindev @0, in_mask @16, physoutdev @32, out_mask
  /// @48, u8 invert @64, bitmask @65. A packet that no bridge port carries matches only what is
  /// inverted.
  fileprivate func matchBridgePorts(_ info: XtablesInfo) -> Node {
    let calls =
      state.family == .v4
      ? host.settings.bridgeCallIPTables : host.settings.bridgeCallIP6Tables
    let crossesBridge = [state.input, state.output].contains { $0?.kind == "bridge" }
    if crossesBridge, calls == true { return undecidable("a match of bridge ports") }
    let asked = info.u8(65) & 0x1f
    return Node(asked & ~info.u8(64) == 0)
  }

  /// `struct xt_devgroup_info` (xt_devgroup.h): u32 flags @0 (1 source, 2 inverts it, 4
  /// destination, 8 inverts it), src_group @4, src_mask @8, dst_group @12, dst_mask @16.
  fileprivate func matchDeviceGroups(_ info: XtablesInfo) -> Node {
    let flags = info.u32(0)
    var holds = true
    if flags & 1 != 0 {
      let isIn = (info.u32(4) ^ (state.input?.group ?? 0)) & info.u32(8) == 0
      holds = isIn != (flags & 2 != 0)
    }
    if flags & 4 != 0 {
      let isIn = (info.u32(12) ^ (state.output?.group ?? 0)) & info.u32(16) == 0
      holds = holds && isIn != (flags & 8 != 0)
    }
    return Node(holds)
  }

  /// `struct xt_realm_info` (xt_realm.h): u32 id @0, mask @4, u8 invert @8.
  fileprivate func matchRealm(_ info: XtablesInfo) -> Node {
    let realm = state.route?.realm ?? 0
    return Node((info.u32(0) == realm & info.u32(4)) != (info.u8(8) != 0))
  }
}
