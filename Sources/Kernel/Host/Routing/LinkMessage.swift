internal import Model

/// Decoding of `RTM_NEWLINK`: `struct ifinfomsg` (16 bytes) and the attributes `IFLA_*`.
/// Source: include/uapi/linux/if_link.h.
struct LinkMessage {
  var interface: Interface
  /// The device's sysctls, which a link dump carries: cheaper than a file for each.
  private var ipv4: KernelSettings.Device?
  private var isV6Disabled: Bool?
  private var forcesV6Forwarding: Bool?

  /// - Returns: `nil` for other messages, and for a device without a name.
  init?(_ message: borrowing NetlinkMessage) throws(KernelError) {
    guard message.type == RoutingMessage.newLink else { return nil }
    interface = Interface(
      index: InterfaceIndex(rawValue: try message.u32(at: 4)), name: "",
      hardwareType: try message.u16(at: 2), flags: try message.u32(at: 8))
    // Before IFLA_CARRIER there was only IFF_LOWER_UP.
    interface.hasCarrier = interface.flags & 0x1_0000 != 0
    var isLinkElsewhere = false
    var attributes = try message.attributes(after: 16)
    while let attribute = try attributes.next() {
      switch attribute.type {
      case 1: interface.hardwareAddress = attribute.copy()
      case 3: interface.name = attribute.string()
      case 4: interface.mtu = try attribute.u32()
      case 5: interface.link = Self.index(try attribute.u32())
      case 10: interface.master = Self.index(try attribute.u32())
      case 18: interface.kind = try Self.kind(attribute.nested)
      case 26: try readSettings(attribute.nested)
      case 27: interface.group = try attribute.u32()
      case 33: interface.hasCarrier = try attribute.u8() != 0
      case 37: isLinkElsewhere = true
      case 43: interface.hasXDP = try Self.hasXDP(attribute.nested)
      default: break
      }
    }
    // IFLA_LINK_NETNSID: the number is that of another namespace, and means nothing in this one.
    if isLinkElsewhere { interface.link = nil }
    if interface.name.isEmpty { return nil }
  }

  /// Adds what the message says of the device's sysctls.
  func addSettings(to settings: inout KernelSettings) {
    if let ipv4 { settings.ipv4[interface.name] = ipv4 }
    if let isV6Disabled { settings.ipv6Disabled[interface.name] = isV6Disabled }
    if let forcesV6Forwarding {
      settings.ipv6ForceForwarding[interface.name] = forcesV6Forwarding
    }
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

  /// `IFLA_AF_SPEC`: by family, the arrays `IFLA_INET_CONF` and `IFLA_INET6_CONF`.
  private mutating func readSettings(
    _ reader: consuming AttributeReader
  ) throws(KernelError) {
    while let family = try reader.next() {
      var values = family.nested
      while let value = try values.next() {
        let array = NetlinkMessage(type: 0, flags: 0, payload: value.bytes)
        switch (family.type, value.type) {
        case (2, 1): ipv4 = try Self.settings(array)
        case (10, 2):
          // DEVCONF_DISABLE_IPV6, DEVCONF_FORCE_FORWARDING (include/uapi/linux/ipv6.h).
          isV6Disabled = try Self.number(26, of: array).map { $0 != 0 }
          forcesV6Forwarding = try Self.number(59, of: array).map { $0 != 0 }
        default: break
        }
      }
    }
  }

  /// `IPV4_DEVCONF_*`, less one (include/uapi/linux/ip.h).
  private static func settings(
    _ array: borrowing NetlinkMessage
  ) throws(KernelError) -> KernelSettings.Device {
    func number(_ index: Int) throws(KernelError) -> Int {
      Int(try Self.number(index, of: array) ?? 0)
    }
    return KernelSettings.Device(
      forwarding: try number(0) != 0, reversePathFilter: try number(7),
      routeLocalnet: try number(25) != 0, acceptLocal: try number(22) != 0,
      sourceValidMark: try number(23) != 0, arpIgnore: try number(18))
  }

  /// An element of an array of C ints; `nil` beyond its end, as for a kernel that lacks the
  /// setting.
  private static func number(
    _ index: Int, of array: borrowing NetlinkMessage
  ) throws(KernelError) -> Int32? {
    guard array.payload.count >= index * 4 + 4 else { return nil }
    return Int32(bitPattern: try array.u32(at: index * 4))
  }
}
