internal import Glibc
internal import Model

/// Puts single packets on the wire of the namespace that the calling thread is in.
enum PacketSender {
  /// `SOCK_RAW` and friends as the plain numbers that `socket` takes.
  private static let stream: Int32 = 1
  private static let datagram: Int32 = 2

  /// Sends a datagram or a SYN of this host's own, from an ordinary socket.
  static func sendOwn(_ query: PacketQuery) throws {
    if query.transport == .udp { try sendDatagram(query) } else { try connect(query) }
  }

  private static func connect(_ query: PacketQuery) throws {
    let socket = try open(family(query), stream | Int32(O_NONBLOCK), 0)
    defer { close(socket) }
    try prepare(socket, query)
    let to = SocketAddress.bytes(
      query.destination.address, port: query.destination.port?.number ?? 0)
    // EINPROGRESS is the rule; any other failure shows in the trace, or in its absence.
    _ = SocketAddress.pass(to, to: { Glibc.connect(socket, $0, $1) })
  }

  private static func sendDatagram(_ query: PacketQuery) throws {
    let socket = try open(family(query), datagram, 0)
    defer { close(socket) }
    try prepare(socket, query)
    let to = SocketAddress.bytes(
      query.destination.address, port: query.destination.port?.number ?? 0)
    // EPERM is how the kernel tells that a rule dropped it: that is for the trace to say.
    try? send(socket, query.payload, to: to, "a datagram")
  }

  private static func prepare(_ socket: Int32, _ query: PacketQuery) throws {
    var one: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    if query.mark != 0 {
      var mark = query.mark
      setsockopt(socket, SOL_SOCKET, SO_MARK, &mark, 4)
    }
    let from = SocketAddress.bytes(query.source.address, port: query.source.port?.number ?? 0)
    guard SocketAddress.pass(from, to: { bind(socket, $0, $1) }) == 0 else {
      throw FixtureError(call: "bind to \(query.source)")
    }
  }

  private static func open(_ family: Int32, _ kind: Int32, _ number: Int32) throws -> Int32 {
    let socket = Glibc.socket(family, kind | Int32(O_CLOEXEC), number)
    guard socket >= 0 else { throw FixtureError(call: "socket") }
    return socket
  }

  private static func send(
    _ socket: Int32, _ bytes: [UInt8], to address: [UInt8], _ what: String
  ) throws {
    let count = bytes.withUnsafeBytes { content in
      address.withUnsafeBytes {
        sendto(
          socket, content.baseAddress, content.count, 0,
          $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
      }
    }
    guard count == bytes.count else { throw FixtureError(call: "sending \(what)") }
  }

  private static func family(_ query: PacketQuery) -> Int32 {
    Int32(query.source.address.family.rawValue)
  }
}
