internal import Model

/// Reads next hop objects (`ip nexthop`), which routes may name instead of spelling next hops out.
enum NextHopReader {
  /// One object: next hops of its own, or the objects of a group with their weights.
  struct Entry {
    var id: UInt32 = 0
    var hop = Route.NextHop()
    var members: [(id: UInt32, weight: UInt32)] = []
  }

  /// Next hops by the object's number, groups resolved.
  static func nextHops(
    over socket: inout NetlinkSocket
  ) throws(KernelError) -> [UInt32: [Route.NextHop]] {
    let request = NetlinkRequest(
      type: RoutingMessage.getNextHop, flags: .dump, header: [UInt8](repeating: 0, count: 8))
    let entries = try socket.collect(request, "reading the next hops") {
      (message) throws(KernelError) in try entry(message)
    }
    var hops: [UInt32: [Route.NextHop]] = [:]
    for entry in entries where entry.members.isEmpty { hops[entry.id] = [entry.hop] }
    for entry in entries where !entry.members.isEmpty {
      hops[entry.id] = entry.members.flatMap { member in
        (hops[member.id] ?? []).map { hop in
          var hop = hop
          hop.weight = member.weight
          return hop
        }
      }
    }
    return hops
  }

  /// Decodes an `RTM_NEWNEXTHOP`: `struct nhmsg` (8 bytes) and `NHA_*`.
  /// Source: include/uapi/linux/nexthop.h.
  static func entry(_ message: borrowing NetlinkMessage) throws(KernelError) -> Entry? {
    guard message.type == RoutingMessage.newNextHop else { return nil }
    var entry = Entry()
    entry.hop.flags = try message.u32(at: 4)
    var attributes = try message.attributes(after: 8)
    while let attribute = try attributes.next() {
      switch attribute.type {
      case 1: entry.id = try attribute.u32()
      case 2: entry.members = try members(attribute.bytes)
      case 5: entry.hop.interface = InterfaceIndex(rawValue: try attribute.u32())
      case 6: entry.hop.gateway = try attribute.address()
      default: break
      }
    }
    return entry
  }

  /// `struct nexthop_grp`: u32 id, u8 weight - 1, and three bytes that don't matter here.
  private static func members(
    _ bytes: Span<UInt8>
  ) throws(KernelError) -> [(id: UInt32, weight: UInt32)] {
    var members: [(id: UInt32, weight: UInt32)] = []
    let reader = NetlinkMessage(type: 0, flags: 0, payload: bytes)
    var start = 0
    while bytes.count - start >= 8 {
      members.append((try reader.u32(at: start), UInt32(try reader.u8(at: start + 4)) + 1))
      start += 8
    }
    return members
  }
}
