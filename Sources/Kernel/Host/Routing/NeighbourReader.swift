package import Model

/// Reads entries of the ARP and ND tables.
package enum NeighbourReader {
  /// The entry for `address` on `interface`, `nil` if the kernel has none.
  ///
  /// - Throws: `KernelError`.
  package static func neighbour(
    _ address: IPAddress, on interface: InterfaceIndex
  ) throws(KernelError) -> Neighbour? {
    var socket = try NetlinkSocket(.route)
    return try neighbour(address, on: interface, over: &socket)
  }

  /// The entry for `address` on `interface`, in the namespace that `socket` (of the family `route`)
  /// belongs to.
  ///
  /// - Throws: `KernelError`.
  package static func neighbour(
    _ address: IPAddress, on interface: InterfaceIndex, over socket: inout NetlinkSocket
  ) throws(KernelError) -> Neighbour? {
    var found: Neighbour?
    var single = NetlinkRequest(
      type: RoutingMessage.getNeighbour, header: header(address.family, interface))
    single.append(1, bytes: address.bytes)
    do throws(KernelError) {
      try socket.request(single, "reading a neighbour") { (message) throws(KernelError) in
        found = try neighbour(message)
      }
      return found
    } catch .call("netlink", .noEntry, _) {
      return nil
    } catch .call("netlink", .notSupported, _) {
      // Kernels before 5.0 only dump.
    }
    let all = NetlinkRequest(
      type: RoutingMessage.getNeighbour, flags: .dump, header: header(address.family, interface))
    _ = try socket.dump(all, "reading the neighbours") { (message) throws(KernelError) in
      guard let entry = try neighbour(message) else { return }
      if entry.address == address, entry.interface == interface { found = entry }
    }
    return found
  }

  /// Decodes an `RTM_NEWNEIGH`: `struct ndmsg` (12 bytes) and `NDA_*`.
  /// Source: include/uapi/linux/neighbour.h.
  static func neighbour(_ message: borrowing NetlinkMessage) throws(KernelError) -> Neighbour? {
    guard message.type == RoutingMessage.newNeighbour else { return nil }
    let index = InterfaceIndex(rawValue: try message.u32(at: 4))
    let state = Neighbour.State(rawValue: try message.u16(at: 8))
    var address: IPAddress?
    var hardware: [UInt8] = []
    var attributes = try message.attributes(after: 12)
    while let attribute = try attributes.next() {
      if attribute.type == 1 { address = try attribute.address() }
      if attribute.type == 2 { hardware = attribute.copy() }
    }
    guard let address else { return nil }
    return Neighbour(address: address, interface: index, state: state, hardwareAddress: hardware)
  }

  private static func header(_ family: IPFamily, _ interface: InterfaceIndex) -> [UInt8] {
    [family.rawValue, 0, 0, 0] + interface.rawValue.hostBytes + [0, 0, 0, 0]
  }
}
