internal import Model

/// Decoding of `RTM_NEWROUTE`: `struct rtmsg` (12 bytes) and the attributes `RTA_*`.
/// Source: include/uapi/linux/rtnetlink.h.
struct RouteMessage {
  var route: Route
  /// `RTA_NH_ID` of a route whose next hops the kernel did not spell out.
  var nextHopID: UInt32?
  /// `rta_error` of `RTA_CACHEINFO`: how an IPv6 lookup failed, as a negative errno.
  var error: Int32 = 0

  /// - Returns: `nil` for other messages, other families (multicast routing, MPLS), and cloned
  ///   entries (`RTM_F_CLONED`), which are no routes but what was learned from using one.
  init?(_ message: borrowing NetlinkMessage, acceptsClones: Bool = false) throws(KernelError) {
    guard message.type == RoutingMessage.newRoute,
      let family = IPFamily(rawValue: try message.u8(at: 0)),
      let type = RouteType(rawValue: try message.u8(at: 7))
    else { return nil }
    let flags = try message.u32(at: 8)
    if flags & 0x200 != 0, !acceptsClones { return nil }
    let lengths = (Int(try message.u8(at: 1)), Int(try message.u8(at: 2)))
    let zero = IPAddress(family: family, bits: 0)
    route = Route(
      destination: Prefix(zero, length: lengths.0), table: UInt32(try message.u8(at: 4)),
      type: type, tos: try message.u8(at: 3), scope: try message.u8(at: 6))
    var hop = Route.NextHop(flags: flags & 0xff)
    var attributes = try message.attributes(after: 12)
    while let attribute = try attributes.next() {
      try read(attribute, lengths, into: &hop)
    }
    if route.nextHops.isEmpty, hop.gateway != nil || hop.interface != nil { route.nextHops = [hop] }
  }

  private mutating func read(
    _ attribute: borrowing Attribute, _ lengths: (destination: Int, source: Int),
    into hop: inout Route.NextHop
  ) throws(KernelError) {
    switch attribute.type {
    case 1:
      if let address = try attribute.address() {
        route.destination = Prefix(address, length: lengths.destination)
      }
    case 2: route.source = try attribute.address().map { Prefix($0, length: lengths.source) }
    case 4: hop.interface = InterfaceIndex(rawValue: try attribute.u32())
    case 5: hop.gateway = try attribute.address()
    case 6: route.priority = try attribute.u32()
    case 7: route.preferredSource = try attribute.address()
    case 8: route.mtu = try Self.mtu(attribute.nested)
    case 9: route.nextHops = try Self.nextHops(attribute.bytes)
    case 11: route.realm = try attribute.u32()
    case 12: error = try Self.error(attribute)
    case 15: route.table = try attribute.u32()
    case 18: hop.gateway = try attribute.via()
    case 30: nextHopID = try attribute.u32()
    default: break
    }
  }

  /// `RTAX_MTU` of `RTA_METRICS`.
  private static func mtu(_ reader: consuming AttributeReader) throws(KernelError) -> UInt32? {
    while let attribute = try reader.next() {
      if attribute.type == 2 { return try attribute.u32() }
    }
    return nil
  }

  /// `struct rta_cacheinfo`: the error is its fourth number.
  private static func error(_ attribute: borrowing Attribute) throws(KernelError) -> Int32 {
    guard attribute.bytes.count >= 16 else { return 0 }
    let part = Attribute(type: attribute.type, bytes: attribute.bytes.extracting(12..<16))
    return Int32(bitPattern: try part.u32())
  }

  /// `RTA_MULTIPATH`: `struct rtnexthop` (u16 length, u8 flags, u8 weight - 1, int device), each
  /// with attributes of its own.
  static func nextHops(_ bytes: Span<UInt8>) throws(KernelError) -> [Route.NextHop] {
    var hops: [Route.NextHop] = []
    var start = 0
    while bytes.count - start >= 8 {
      let header = NetlinkMessage(
        type: 0, flags: 0, payload: bytes.extracting(start..<bytes.count))
      let length = Int(try header.u16(at: 0))
      guard length >= 8, length <= bytes.count - start else {
        throw .malformed(what: "route", path: "RTA_MULTIPATH", offset: start)
      }
      var hop = Route.NextHop(
        interface: InterfaceIndex(rawValue: try header.u32(at: 4)),
        weight: UInt32(try header.u8(at: 3)) + 1, flags: UInt32(try header.u8(at: 2)))
      var attributes = AttributeReader(bytes.extracting((start + 8)..<(start + length)))
      while let attribute = try attributes.next() {
        if attribute.type == 5 { hop.gateway = try attribute.address() }
        if attribute.type == 18 { hop.gateway = try attribute.via() }
      }
      hops.append(hop)
      start += (length + 3) & ~3
    }
    return hops
  }
}
