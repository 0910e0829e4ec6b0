internal import Glibc

/// The kernel's table of connections in the namespace that the calling thread is in.
enum ConntrackTable {
  /// Deletes all of them, as `conntrack -F` does.
  static func flush() throws {
    // AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER.
    let socket = Glibc.socket(16, 3 | Int32(O_CLOEXEC), 12)
    guard socket >= 0 else { throw FixtureError(call: "socket") }
    defer { close(socket) }
    // nlmsghdr: length 20, IPCTNL_MSG_CT_DELETE (2) of NFNL_SUBSYS_CTNETLINK (1), REQUEST and ACK;
    // then an empty nfgenmsg.
    var message = [UInt8](repeating: 0, count: 20)
    message[0] = 20
    message[4...6] = [2, 1, 5]
    var reply = [UInt8](repeating: 0, count: 256)
    guard send(socket, message, message.count, 0) == message.count,
      recv(socket, &reply, reply.count, 0) >= 20, reply[16..<20].allSatisfy({ $0 == 0 })
    else { throw FixtureError(call: "flushing the connections") }
  }
}
