package import Model

/// Reads the network devices of a namespace and their addresses.
package enum InterfaceReader {
  /// The devices of the calling thread's namespace, in the kernel's order.
  ///
  /// - Throws: `KernelError`.
  package static func interfaces() throws(KernelError) -> [Interface] {
    var socket = try NetlinkSocket(.route)
    return try interfaces(over: &socket)
  }

  /// The devices of the namespace that `socket` belongs to.
  ///
  /// - Parameter socket: one of the family `route`.
  /// - Throws: `KernelError`.
  package static func interfaces(
    over socket: inout NetlinkSocket
  ) throws(KernelError) -> [Interface] {
    try links(over: &socket).map(\.interface)
  }

  /// The devices with their addresses and their own settings.
  static func links(over socket: inout NetlinkSocket) throws(KernelError) -> [LinkMessage] {
    // RTEXT_FILTER_SKIP_STATS keeps the messages short (include/uapi/linux/rtnetlink.h).
    var request = NetlinkRequest(
      type: RoutingMessage.getLink, flags: .dump, header: [UInt8](repeating: 0, count: 16))
    request.append(29, u32: 1 << 3)
    var links = try socket.collect(request, "reading the network devices") {
      (message) throws(KernelError) in try LinkMessage(message)
    }
    request = NetlinkRequest(
      type: RoutingMessage.getAddress, flags: .dump, header: [UInt8](repeating: 0, count: 8))
    let addresses = try socket.collect(request, "reading the addresses") {
      (message) throws(KernelError) in try address(message)
    }
    for (index, address) in addresses {
      guard let place = links.firstIndex(where: { $0.interface.index == index }) else { continue }
      links[place].interface.addresses.append(address)
    }
    return links
  }

  /// Decodes an `RTM_NEWADDR` of IPv4 or IPv6.
  ///
  /// Source: include/uapi/linux/if_addr.h; the header is `struct ifaddrmsg`.
  static func address(
    _ message: borrowing NetlinkMessage
  ) throws(KernelError) -> (InterfaceIndex, InterfaceAddress)? {
    guard message.type == RoutingMessage.newAddress,
      IPFamily(rawValue: try message.u8(at: 0)) != nil
    else { return nil }
    let prefixLength = Int(try message.u8(at: 1))
    var flags = UInt32(try message.u8(at: 2))
    let scope = try message.u8(at: 3)
    let index = InterfaceIndex(rawValue: try message.u32(at: 4))
    var prefixAddress: IPAddress?
    var local: IPAddress?
    var broadcast: IPAddress?
    var attributes = try message.attributes(after: 8)
    while let attribute = try attributes.next() {
      switch attribute.type {
      case 1: prefixAddress = try attribute.address()
      case 2: local = try attribute.address()
      case 4: broadcast = try attribute.address()
      case 8: flags = try attribute.u32()
      default: break
      }
    }
    // On a point-to-point link IFA_ADDRESS is the other end; elsewhere both are the same, and IPv6
    // has no IFA_LOCAL then.
    guard let own = local ?? prefixAddress else { return nil }
    return (
      index,
      InterfaceAddress(
        address: own, prefixLength: prefixLength, broadcast: broadcast,
        peer: prefixAddress == own ? nil : prefixAddress, scope: scope,
        isSecondary: flags & 0x01 != 0, isTentative: flags & 0x40 != 0,
        isDuplicate: flags & 0x08 != 0)
    )
  }
}
