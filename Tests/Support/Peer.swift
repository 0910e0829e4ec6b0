internal import Glibc
package import Model
package import Synchronization

/// The other end of a probe or session, in this process: a socket and a thread that serves it until
/// the peer's life ends.
package final class Peer: Sendable {
  package let port: Port
  private let socket: Int32
  private let isOver = Atomic<Bool>(false)
  /// How many connections or datagrams came.
  package let visits = Atomic<Int>(0)

  /// Accepts connections, and leaves each to `serve`, which gets the descriptor and must not close
  /// it.
  package static func tcp(
    on address: IPAddress = .loopbackV4, in namespace: TestNamespace? = nil, port: UInt16 = 0,
    _ serve: @escaping @Sendable (Int32) -> Void
  ) throws -> Peer {
    let peer = try Peer(SOCK_STREAM, on: address, port: port, in: namespace)
    peer.loop { socket in
      let connection = accept(socket, nil, nil)
      guard connection >= 0 else { return false }
      // Inherited from the listening socket, where it is too short.
      var wait = timeval(tv_sec: 2, tv_usec: 0)
      setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
      serve(connection)
      close(connection)
      return true
    }
    return peer
  }

  /// Answers each datagram with what `answer` makes of it; `nil`: not at all.
  package static func udp(
    on address: IPAddress = .loopbackV4, in namespace: TestNamespace? = nil,
    port: UInt16 = 0, fromAnotherPort: Bool = false,
    _ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?
  ) throws -> Peer {
    let peer = try Peer(SOCK_DGRAM, on: address, port: port, in: namespace)
    let other = fromAnotherPort ? try Peer(SOCK_DGRAM, on: address, in: namespace) : nil
    peer.loop { socket in
      var bytes = [UInt8](repeating: 0, count: 2048)
      var name = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let answered = withUnsafeMutablePointer(to: &name) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { sender -> Bool in
          let got = recvfrom(socket, &bytes, bytes.count, 0, sender, &length)
          guard got >= 0 else { return false }
          if let reply = answer(Array(bytes.prefix(got))) {
            _ = sendto(other?.socket ?? socket, reply, reply.count, 0, sender, length)
          }
          return true
        }
      }
      return answered
    }
    return peer
  }

  private init(
    _ kind: __socket_type, on address: IPAddress, port: UInt16 = 0, in namespace: TestNamespace?
  ) throws {
    let open: @Sendable () throws -> (Int32, UInt16) = {
      let family = Int32(address.family.rawValue)
      let socket = Glibc.socket(family, Int32(kind.rawValue) | O_CLOEXEC, 0)
      // Ends the thread's wait now and then, so that it sees the end of the peer.
      var wait = timeval(tv_sec: 0, tv_usec: 50_000)
      setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
      var one: Int32 = 1
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
      var bytes = SocketAddress.bytes(address, port: port)
      let size = socklen_t(bytes.count)
      let status = bytes.withUnsafeMutableBytes { raw -> Int32 in
        guard let name = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
        var length = size
        guard bind(socket, name, size) == 0 else { return -1 }
        if kind == SOCK_STREAM, listen(socket, 128) != 0 { return -1 }
        return getsockname(socket, name, &length)
      }
      guard status == 0 else { throw FixtureError("a peer on \(address): errno \(errno)") }
      return (socket, UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
    }
    let opened = try namespace.map { try $0.inside(open) } ?? open()
    socket = opened.0
    self.port = Port(opened.1)
  }

  deinit { close(socket) }

  /// Ends the thread.
  package func stop() {
    isOver.store(true, ordering: .relaxed)
  }

  private func loop(_ serve: @escaping @Sendable (Int32) -> Bool) {
    let job = Unmanaged.passRetained(
      Job {
        while !self.isOver.load(ordering: .relaxed) {
          if serve(self.socket) { self.visits.wrappingAdd(1, ordering: .relaxed) }
        }
      })
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, job.toOpaque())
    pthread_detach(thread)
  }

  private final class Job: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
}

/// Sends all bytes, whatever comes.
package func sendAll(_ socket: Int32, _ bytes: [UInt8]) {
  _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
}

/// Waits, on the calling thread.
package func pause(milliseconds: UInt32) {
  usleep(milliseconds * 1000)
}

/// Counts from one, on any thread.
package final class Counter: Sendable {
  private let value = Atomic<Int>(0)
  package init() {}

  package func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).newValue }
}
