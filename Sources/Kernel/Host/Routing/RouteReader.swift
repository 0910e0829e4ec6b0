package import Model

/// Reads the routes of a namespace, and asks the kernel for the route of one packet.
package enum RouteReader {
  /// Routes of every table and both families.
  package struct RouteList: Sendable {
    package var routes: [Route]
    /// Whether the limit cut the list short. The table local is whole all the same where the kernel
    /// can dump a single table: without it a host would not know its own addresses.
    package var isCutShort: Bool
  }

  /// How many routes are read: a router with the whole internet has a million, and what decides
  /// there is the kernel's own answer.
  package static let usualLimit = 20_000

  /// The routes of the calling thread's namespace.
  ///
  /// - Throws: `KernelError`.
  package static func routes(limit: Int = usualLimit) throws(KernelError) -> RouteList {
    var socket = try NetlinkSocket(.route)
    return try routes(over: &socket, limit: limit)
  }

  /// The routes of the namespace that `socket` (of the family `route`) belongs to.
  ///
  /// - Throws: `KernelError`.
  package static func routes(
    over socket: inout NetlinkSocket, limit: Int = usualLimit
  ) throws(KernelError) -> RouteList {
    var list = RouteList(routes: [], isCutShort: false)
    var unresolved: [(place: Int, id: UInt32)] = []
    let request = NetlinkRequest(
      type: RoutingMessage.getRoute, flags: .dump, header: [UInt8](repeating: 0, count: 12))
    let stop = KernelError.tooLarge(what: "routing table", limit: limit)
    do throws(KernelError) {
      try socket.untilConsistent { (socket) throws(KernelError) in
        list.routes = []
        unresolved = []
        return try socket.dump(request, "reading the routes") { (message) throws(KernelError) in
          guard let entry = try RouteMessage(message) else { return }
          guard list.routes.count < limit else { throw stop }
          if let id = entry.nextHopID, entry.route.nextHops.isEmpty {
            unresolved.append((list.routes.count, id))
          }
          list.routes.append(entry.route)
        }
      }
    } catch stop {
      list.isCutShort = true
      try LocalTableReader.complete(&list.routes)
    }
    // With net.ipv4.nexthop_compat_mode off, routes only name their next hop objects.
    if !unresolved.isEmpty {
      let hops = try NextHopReader.nextHops(over: &socket)
      for (place, id) in unresolved { list.routes[place].nextHops = hops[id] ?? [] }
    }
    return list
  }

  /// The kernel's own route for a packet from, or arriving at, the calling thread's namespace.
  ///
  /// - Throws: `KernelError` when the question could not be put; a failed lookup is an answer.
  package static func route(for query: RouteQuery) throws(KernelError) -> RouteAnswer {
    var socket = try NetlinkSocket(.route)
    return try route(for: query, over: &socket)
  }

  /// The kernel's own route for a packet, in the namespace that `socket` (of the family `route`)
  /// belongs to.
  ///
  /// - Throws: `KernelError` when the question could not be put; a failed lookup is an answer.
  package static func route(
    for query: RouteQuery, over socket: inout NetlinkSocket
  ) throws(KernelError) -> RouteAnswer {
    var answer: RouteAnswer?
    do throws(KernelError) {
      let request = request(for: query)
      try socket.request(request, "looking up the route") { (message) throws(KernelError) in
        guard let entry = try RouteMessage(message, acceptsClones: true) else { return }
        answer = Self.answer(entry)
      }
    } catch .call("netlink", let error, _) {
      return .failure(error)
    }
    guard let answer else {
      throw .malformed(what: "answer to a route lookup", path: "RTM_NEWROUTE", offset: 0)
    }
    return answer
  }

  /// IPv4 fails lookups with an error; IPv6 answers with the route, and the error inside
  /// (`inet6_rtm_getroute`, net/ipv6/route.c).
  private static func answer(_ entry: RouteMessage) -> RouteAnswer {
    if entry.error < 0, entry.error > -4096 {
      return .failure(ErrorNumber(rawValue: -entry.error))
    }
    switch entry.route.type {
    case .blackhole: return .failure(.invalid)
    case .unreachable: return .failure(.hostUnreachable)
    case .prohibit: return .failure(.accessDenied)
    default: break
    }
    let hop = entry.route.nextHops.first
    return .route(
      type: entry.route.type, interface: hop?.interface, gateway: hop?.gateway,
      source: entry.route.preferredSource,
      table: entry.route.table == 0 ? nil : entry.route.table)
  }

  private static func request(for query: RouteQuery) -> NetlinkRequest {
    let family = query.destination.family
    let length = UInt8(family.addressBits)
    // RTM_F_LOOKUP_TABLE: say which table the answer is from.
    let header: [UInt8] =
      [family.rawValue, length, query.source == nil ? 0 : length, 0, 0, 0, 0, 0]
      + UInt32(0x1000).hostBytes
    var request = NetlinkRequest(type: RoutingMessage.getRoute, header: header)
    request.append(1, bytes: query.destination.bytes)
    if let source = query.source, source.family == family {
      request.append(2, bytes: source.bytes)
    }
    if let index = query.inputInterface { request.append(3, u32: index.rawValue) }
    if let index = query.outputInterface { request.append(4, u32: index.rawValue) }
    if query.mark != 0 { request.append(16, u32: query.mark) }
    if let user = query.user { request.append(25, u32: user) }
    // The kernel takes no other protocols here (`rtm_getroute_parse_ip_proto`,
    // net/ipv4/fib_rules.c).
    if let transport = query.transportProtocol, transport == .tcp || transport == .udp {
      request.append(27, u8: transport.rawValue)
      if let port = query.sourcePort { request.append(28, be16: port.number) }
      if let port = query.destinationPort { request.append(29, be16: port.number) }
    }
    return request
  }
}
