package import Model

/// Reads every TCP and UDP socket over sock_diag, in the calling thread's namespace: what rules
/// that look for a packet's socket find.
///
/// Source: `inet_diag_msg_attrs_fill` and `inet_sk_diag_fill`, net/ipv4/inet_diag.c.
package enum SocketTableReader {
  /// How many sockets are read before the table counts as too large to be searched.
  private static let limit = 1_000_000

  /// All sockets, in the kernel's order.
  ///
  /// - Throws: `KernelError`; `.unavailable` when the kernel has no sock_diag for a protocol.
  package static func sockets() throws(KernelError) -> [LocalSocket] {
    var socket = try NetlinkSocket(.socketDiagnosis)
    var found: [LocalSocket] = []
    var groups = CgroupAncestry()
    for transport in [TransportProtocol.tcp, .udp] {
      for family in IPFamily.allCases {
        let request = ListenerReader.request(transport, family, nil, states: .max)
        do throws(KernelError) {
          _ = try socket.dump(request, "reading the sockets") { (message) throws(KernelError) in
            guard let one = try Self.socket(message, transport, &groups) else { return }
            guard found.count < limit else {
              throw .tooLarge(what: "table of sockets", limit: limit)
            }
            found.append(one)
          }
        } catch .call("netlink", .noEntry, _) {
          // No handler: for a family switched off that is the answer, else a module is missing.
          if family == .v6 { continue }
          throw .unavailable(what: "the socket table", hint: "modprobe \(transport)_diag")
        }
      }
    }
    return found
  }

  /// Decodes a `struct inet_diag_msg` (72 bytes) and its attributes.
  static func socket(
    _ message: borrowing NetlinkMessage, _ transport: TransportProtocol,
    _ groups: inout CgroupAncestry
  ) throws(KernelError) -> LocalSocket? {
    guard let names = try SocketNames(message) else { return nil }
    let state = state(try message.u8(at: 1), transport, hasPeer: names.peer != nil)
    guard let state else { return nil }
    var socket = LocalSocket(
      transport: transport, address: names.address, port: names.port, peer: names.peer,
      state: state, family: names.family, device: names.device, isTransparent: nil, mark: nil)
    var attributes = try message.attributes(after: 72)
    while let attribute = try attributes.next() {
      switch attribute.type {
      // INET_DIAG_SKV6ONLY, MARK (only with CAP_NET_ADMIN), CGROUP_ID, SOCKOPT.
      case 11: socket.isV6Only = try attribute.u8() != 0
      case 15: socket.mark = try attribute.u32()
      case 21: socket.cgroups = groups.line(of: try attribute.u64())
      // The sixth bit field of `struct inet_diag_sockopt`.
      case 22:
        if let first = attribute.copy().first { socket.isTransparent = first & 0x20 != 0 }
      default: break
      }
    }
    return socket
  }

  /// A `TCP_*` state; `nil` for a socket that no packet finds.
  private static func state(
    _ number: UInt8, _ transport: TransportProtocol, hasPeer: Bool
  ) -> LocalSocket.State? {
    if transport == .udp { return hasPeer ? .connected : .unconnected }
    switch number {
    case 10: return .listening
    // TCP_SYN_RECV: dumped for handshakes, which are TCP_NEW_SYN_RECV in the kernel.
    case 3, 12: return .handshake
    case 6: return .timeWait
    // TCP_CLOSE, and TCP_BOUND_INACTIVE: bound only, not in the tables that are searched.
    case 7, 13: return nil
    default: return .connected
    }
  }
}

/// The ids of cgroups and of those above them.
struct CgroupAncestry {
  private var known: [UInt64: [UInt64]?] = [:]

  /// The ids from the root down to a cgroup; `nil` if that can't be told.
  mutating func line(of identifier: UInt64) -> [UInt64]? {
    if let found = known[identifier] { return found }
    let line = Self.read(identifier)
    known[identifier] = .some(line)
    return line
  }

  /// A cgroup's id is the inode of its directory (`cgroup_id`, include/linux/cgroup.h).
  private static func read(_ identifier: UInt64) -> [UInt64]? {
    guard let mount = CgroupTree.mount,
      let directory = try? CgroupTree.directory(identifier), directory.hasPrefix(mount)
    else { return nil }
    var path = mount
    guard var line = (try? FileStatus(path).inode).map({ [$0] }) else { return nil }
    // 1 is the root's: below a namespace of cgroups, what lies above can't be seen.
    guard line == [1] else { return nil }
    for component in directory.dropFirst(mount.count).split(separator: "/") {
      path += "/\(component)"
      guard let inode = try? FileStatus(path).inode else { return nil }
      line.append(inode)
    }
    return line.last == identifier ? line : nil
  }
}
