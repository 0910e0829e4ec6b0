internal import Model

/// Reads the forwarding databases of bridges.
enum ForwardingReader {
  /// Every entry of every bridge of the namespace that `socket` (of the family `route`) belongs to.
  ///
  /// - Throws: `KernelError`.
  static func entries(over socket: inout NetlinkSocket) throws(KernelError) -> [ForwardingEntry] {
    // struct ndmsg of AF_BRIDGE, 7.
    let request = NetlinkRequest(
      type: RoutingMessage.getNeighbour, flags: .dump,
      header: [7] + [UInt8](repeating: 0, count: 11))
    return try socket.collect(request, "reading the bridges' addresses") {
      (message) throws(KernelError) in try entry(message)
    }
  }

  /// Decodes an `RTM_NEWNEIGH` of AF_BRIDGE: `struct ndmsg` (12 bytes) and `NDA_*`.
  ///
  /// Source: `fdb_fill_info`, net/bridge/br_fdb.c: NUD_PERMANENT is a local entry; entries of the
  /// devices' own filters have no `NDA_MASTER`.
  static func entry(_ message: borrowing NetlinkMessage) throws(KernelError) -> ForwardingEntry? {
    guard message.type == RoutingMessage.newNeighbour, try message.u8(at: 0) == 7 else {
      return nil
    }
    let port = InterfaceIndex(rawValue: try message.u32(at: 4))
    let state = Neighbour.State(rawValue: try message.u16(at: 8))
    var hardware: [UInt8] = []
    var isOfBridge = false
    var attributes = try message.attributes(after: 12)
    while let attribute = try attributes.next() {
      if attribute.type == 2 { hardware = attribute.copy() }
      if attribute.type == 9 { isOfBridge = true }
    }
    guard isOfBridge, hardware.count == 6 else { return nil }
    return ForwardingEntry(
      hardwareAddress: hardware, port: port, isLocal: state.contains(.permanent))
  }
}
