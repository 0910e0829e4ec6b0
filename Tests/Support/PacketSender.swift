internal import Glibc
internal import Model

/// Puts single packets on the wire of the namespace that the calling thread is in.
enum PacketSender {
  /// `SOCK_RAW` and friends as the plain numbers that `socket` takes.
  private static let raw: Int32 = 3
  private static let stream: Int32 = 1
  private static let datagram: Int32 = 2
  /// The corresponding kernel constant is `AF_PACKET`.
  private static let packetFamily: Int32 = 17

  /// Sends a frame out of `device` as it is.
  static func sendFrame(_ frame: [UInt8], device: String) throws {
    let socket = try open(packetFamily, raw, 0)
    defer { close(socket) }
    let index = if_nametoindex(device)
    guard index != 0 else { throw FixtureError(call: "finding \(device)") }
    // struct sockaddr_ll: family, protocol (ETH_P_ALL would do as well as 0), interface index.
    var address = [UInt8](repeating: 0, count: 20)
    address[0] = UInt8(packetFamily)
    for byte in 0..<4 { address[4 + byte] = UInt8(index >> (8 * UInt32(byte)) & 0xff) }
    try send(socket, frame, to: address, "a frame")
  }

  /// Sends a packet of this host's own: from an ordinary socket where one sends such a packet.
  static func sendOwn(_ query: PacketQuery) throws {
    switch query.transport {
    case .tcp where query.tcpFlags == .syn: try connect(query)
    case .udp: try sendDatagram(query)
    default: try sendCrafted(query)
    }
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

  /// Anything, header and all, through a raw socket (raw(7): IPPROTO_RAW implies IP_HDRINCL).
  static func sendCrafted(_ query: PacketQuery, sequence: UInt8 = 1) throws {
    let socket = try open(family(query), raw, Int32(IPPROTO_RAW))
    defer { close(socket) }
    if query.mark != 0 {
      var mark = query.mark
      setsockopt(socket, SOL_SOCKET, SO_MARK, &mark, 4)
    }
    let to = SocketAddress.bytes(query.destination.address, port: 0)
    try? send(socket, PacketBytes.datagram(query, sequence: sequence), to: to, "a crafted packet")
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
