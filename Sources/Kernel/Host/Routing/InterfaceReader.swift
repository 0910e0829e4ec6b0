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
    var interfaces: [Interface] = []
    // RTEXT_FILTER_SKIP_STATS keeps the messages short (include/uapi/linux/rtnetlink.h).
    var links = NetlinkRequest(
      type: RoutingMessage.getLink, flags: .dump, header: [UInt8](repeating: 0, count: 16))
    links.append(29, u32: 1 << 3)
    _ = try socket.dump(links, "reading the network devices") { (message) throws(KernelError) in
      if let interface = try interface(message) { interfaces.append(interface) }
    }
    let addresses = NetlinkRequest(
      type: RoutingMessage.getAddress, flags: .dump, header: [UInt8](repeating: 0, count: 8))
    _ = try socket.dump(addresses, "reading the addresses") { (message) throws(KernelError) in
      guard let (index, address) = try address(message),
        let place = interfaces.firstIndex(where: { $0.index == index })
      else { return }
      interfaces[place].addresses.append(address)
    }
    return interfaces
  }

  /// Decodes an `RTM_NEWLINK`; `nil` for other messages and for a device without a name.
  ///
  /// Source: include/uapi/linux/if_link.h; the header is `struct ifinfomsg`.
  static func interface(_ message: borrowing NetlinkMessage) throws(KernelError) -> Interface? {
    guard message.type == RoutingMessage.newLink else { return nil }
    var interface = Interface(
      index: InterfaceIndex(rawValue: try message.u32(at: 4)), name: "",
      hardwareType: try message.u16(at: 2), flags: try message.u32(at: 8))
    // Before IFLA_CARRIER (4.20) there was only IFF_LOWER_UP.
    interface.hasCarrier = interface.flags & 0x1_0000 != 0
    var isLinkElsewhere = false
    var attributes = try message.attributes(after: 16)
    while let attribute = try attributes.next() {
      switch attribute.type {
      case 1: interface.hardwareAddress = attribute.copy()
      case 3: interface.name = attribute.string()
      case 4: interface.mtu = try attribute.u32()
      case 5: interface.link = index(try attribute.u32())
      case 10: interface.master = index(try attribute.u32())
      case 18: interface.kind = try kind(attribute.nested)
      case 27: interface.group = try attribute.u32()
      case 33: interface.hasCarrier = try attribute.u8() != 0
      case 37: isLinkElsewhere = true
      case 43: interface.hasXDP = try hasXDP(attribute.nested)
      default: break
      }
    }
    // IFLA_LINK_NETNSID: the number is that of another namespace, and means nothing in this one.
    if isLinkElsewhere { interface.link = nil }
    return interface.name.isEmpty ? nil : interface
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

  private static func index(_ number: UInt32) -> InterfaceIndex? {
    number == 0 ? nil : InterfaceIndex(rawValue: number)
  }

  /// `IFLA_INFO_KIND`.
  private static func kind(_ reader: consuming AttributeReader) throws(KernelError) -> String? {
    while let attribute = try reader.next() {
      if attribute.type == 1 { return attribute.string() }
    }
    return nil
  }

  /// `IFLA_XDP_ATTACHED` is 0 while no program is attached.
  private static func hasXDP(_ reader: consuming AttributeReader) throws(KernelError) -> Bool {
    while let attribute = try reader.next() {
      if attribute.type == 2 { return try attribute.u8() != 0 }
    }
    return false
  }
}
