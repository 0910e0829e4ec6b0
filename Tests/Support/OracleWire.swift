internal import Glibc
internal import Model

/// Sockets into a network that stay open: thousands of packets a second go through them, each to
/// its end before the next.
///
/// A packet that is sent on one processor is received there as well, before the call that sends it
/// returns (a veth pair hands it to that processor's backlog, which runs when bottom halves are
/// enabled again). So a thread that stays on one processor, as under taskset(1), finds the whole
/// trace of a packet in its socket at once.
final class OracleWire {
  /// Raw sockets by the namespace's device on whose other end they sit.
  private var links: [String: (socket: Int32, address: [UInt8])] = [:]
  /// Header-included sockets of the host.
  private var own: [IPFamily: Int32] = [:]
  /// For the table of connections.
  private let conntrack: Int32

  /// - Parameter peers: the namespace at the other end of each of the host's devices; there the
  ///   device is called eth0.
  init(host: TestNamespace, peers: [String: TestNamespace]) throws {
    conntrack = try host.inside { try Self.open(16, 3, 12) }
    for (device, peer) in peers {
      links[device] = try peer.inside { try Self.link("eth0") }
    }
    for family in [IPFamily.v4, .v6] {
      own[family] = try host.inside {
        try Self.open(Int32(family.rawValue), 3, Int32(IPPROTO_RAW))
      }
    }
  }

  deinit {
    for link in links.values { close(link.socket) }
    for socket in own.values { close(socket) }
    close(conntrack)
  }

  /// A frame as it arrives at the host's `device`.
  func arrive(_ frame: [UInt8], on device: String) throws {
    guard let link = links[device] else { throw FixtureError("no peer behind \(device)") }
    guard Self.send(link.socket, frame, to: link.address) == frame.count else {
      throw FixtureError(call: "sending a frame of \(frame.count) bytes")
    }
  }

  /// A packet of the host's own, header and all. What the firewall refuses is refused here, too.
  func leave(_ packet: [UInt8], to address: IPAddress, mark: UInt32) throws {
    guard let socket = own[address.family] else { return }
    var mark = mark
    setsockopt(socket, SOL_SOCKET, SO_MARK, &mark, 4)
    _ = Self.send(socket, packet, to: SocketAddress.bytes(address, port: 0))
  }

  /// Deletes every connection of the host.
  func forgetConnections() throws {
    // nlmsghdr: length 20, IPCTNL_MSG_CT_DELETE (2) of NFNL_SUBSYS_CTNETLINK (1), REQUEST and ACK;
    // then an empty nfgenmsg.
    try ask([20, 0, 0, 0, 2, 1, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "flushing connections")
  }

  /// Makes the connection known that a packet belongs to.
  func addConnection(for query: PacketQuery) throws {
    let attributes = ConntrackEntry.attributes(for: query)
    let length = attributes.count + 16
    // IPCTNL_MSG_CT_NEW (0) of NFNL_SUBSYS_CTNETLINK; REQUEST, ACK and NLM_F_CREATE.
    let head = [UInt8(length & 0xff), UInt8(length >> 8), 0, 0, 0, 1, 5, 4, 0, 0, 0, 0, 0, 0, 0, 0]
    try ask(head + attributes, "adding a connection")
  }

  private func ask(_ message: [UInt8], _ what: String) throws {
    var reply = [UInt8](repeating: 0, count: 4096)
    guard Glibc.send(conntrack, message, message.count, 0) == message.count,
      recv(conntrack, &reply, reply.count, 0) >= 20
    else { throw FixtureError(call: what) }
    let code = reply[16..<20].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard code == 0 else { throw FixtureError("\(what): error \(Int32(bitPattern: code))") }
  }

  private static func link(_ device: String) throws -> (Int32, [UInt8]) {
    let socket = try open(17, 3, 0)
    let index = if_nametoindex(device)
    // struct sockaddr_ll: family, protocol, interface index.
    var address = [UInt8](repeating: 0, count: 20)
    address[0] = 17
    for byte in 0..<4 { address[4 + byte] = UInt8(index >> (8 * UInt32(byte)) & 0xff) }
    return (socket, address)
  }

  private static func open(_ family: Int32, _ kind: Int32, _ number: Int32) throws -> Int32 {
    let socket = Glibc.socket(family, kind | Int32(O_CLOEXEC), number)
    guard socket >= 0 else { throw FixtureError(call: "socket") }
    return socket
  }

  private static func send(_ socket: Int32, _ bytes: [UInt8], to address: [UInt8]) -> Int {
    bytes.withUnsafeBytes { content in
      address.withUnsafeBytes {
        sendto(
          socket, content.baseAddress, content.count, 0,
          $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
      }
    }
  }
}
