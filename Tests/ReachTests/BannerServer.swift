import Glibc
import Model
import TestSupport

/// Accepts connections on 127.0.0.1 of a namespace, says the same to everybody, and hangs up.
final class BannerServer: @unchecked Sendable {
  let port: UInt16
  private let socket: Int32
  private let banner: [UInt8]
  private let hangsUpRudely: Bool
  private var thread = pthread_t()

  /// - Parameter hangsUpRudely: whether connections end with a reset.
  init(saying banner: [UInt8], hangsUpRudely: Bool = false, in place: TestNamespace) throws {
    self.banner = banner
    self.hangsUpRudely = hangsUpRudely
    (socket, port) = try place.inside {
      let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let result = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
          bind(socket, name, length) | listen(socket, 16) | getsockname(socket, name, &length)
        }
      }
      guard socket >= 0, result == 0 else { throw FixtureError("the server could not listen") }
      return (socket, UInt16(bigEndian: address.sin_port))
    }
    // Balanced at the end of `serve`.
    let own = Unmanaged.passRetained(self).toOpaque()
    pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<BannerServer>.fromOpaque(argument).takeRetainedValue().serve()
        return nil
      }, own)
  }

  /// Lets the thread end; its last turn closes the socket.
  func stop() {
    shutdown(socket, Int32(SHUT_RDWR))
    pthread_join(thread, nil)
    close(socket)
  }

  private func serve() {
    signal(SIGPIPE, SIG_IGN)
    while true {
      let connection = accept(socket, nil, nil)
      guard connection >= 0 else { return }
      var rest = banner[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
        guard count > 0 else { break }
        rest = rest.dropFirst(count)
      }
      if hangsUpRudely {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
          connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
      }
      close(connection)
    }
  }
}
