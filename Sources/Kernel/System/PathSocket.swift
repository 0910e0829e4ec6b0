internal import CLinux
internal import Glibc
internal import Model

/// Sockets of this host's own, named by paths (unix(7)).
package enum PathSocket {
  /// Connects to the socket at `path`; `@NAME` stands for the abstract name NAME.
  ///
  /// A datagram socket takes a name of the kernel's choice, so that the peer can answer.
  ///
  /// - Throws: `.call` with ENOENT, ECONNREFUSED, EACCES ...; ENAMETOOLONG for a path beyond 107
  ///   bytes.
  package static func connect(
    to path: String, isDatagram: Bool = false
  ) throws(KernelError) -> ByteStream {
    let type = isDatagram ? SOCK_DGRAM : SOCK_STREAM
    let number = try systemCall("socket", "opening a local socket") {
      socket(AF_UNIX, Int32(bitPattern: type.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
    let descriptor = FileDescriptor(owning: number)
    if isDatagram {
      _ = try systemCall("bind", "naming the own end") { reach_name_local(number) }
    }
    let bytes = path.utf8.map { CChar(bitPattern: $0) }
    _ = try systemCall("connect", "connecting to \(path)") {
      // Safe: the call reads as many bytes as the array has, and the array outlives it.
      unsafe reach_connect_local(number, bytes, bytes.count)
    }
    return ByteStream(socket: descriptor)
  }
}
