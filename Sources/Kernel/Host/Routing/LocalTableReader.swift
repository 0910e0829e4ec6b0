internal import Glibc
internal import Model

/// Reads the routing table local (255) alone, by a dump that the kernel filters (Linux 4.20).
enum LocalTableReader {
  private static let table: UInt32 = 255

  /// Puts the whole table local of the calling thread's namespace in front of `routes`, in place of
  /// what they hold of it; an older kernel leaves them as they are.
  ///
  /// - Throws: `KernelError`, but not for a kernel that can't filter.
  static func complete(_ routes: inout [Route]) throws(KernelError) {
    var socket = try NetlinkSocket(.route)
    guard filtersStrictly(socket.descriptor) else { return }
    var local: [Route] = []
    for family in IPFamily.allCases {
      // A filtered dump takes one family, and a header that is zero but for it.
      var request = NetlinkRequest(
        type: RoutingMessage.getRoute, flags: .dump,
        header: [family.rawValue] + [UInt8](repeating: 0, count: 11))
      request.append(15, u32: table)
      do throws(KernelError) {
        local += try socket.collect(request, "reading the table local") {
          (message) throws(KernelError) in try RouteMessage(message)?.route
        }
      } catch .call("netlink", .noEntry, _) {
        // No such table: none of that family has an address.
      }
    }
    routes = local + routes.filter { $0.table != table }
  }

  /// `NETLINK_GET_STRICT_CHK`: look at a dump's header and attributes instead of ignoring them.
  private static func filtersStrictly(_ descriptor: Int32) -> Bool {
    var on: Int32 = 1
    let (level, option): (Int32, Int32) = (270, 12)
    // Safe: the kernel reads the four bytes of `on` during the call.
    return unsafe setsockopt(descriptor, level, option, &on, socklen_t(4)) == 0
  }
}
