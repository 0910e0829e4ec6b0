internal import Glibc
internal import Model

/// An open stream of bytes, or a connected datagram socket: a socket, or standard input or output.
///
/// Neither reading nor writing blocks, but for files and terminals, where poll(2) is to be asked
/// first. The open file of another process is not switched to non-blocking: a pipe is opened once
/// more through /proc instead.
package final class ByteStream {
  /// How not to block.
  private enum Kind {
    /// MSG_DONTWAIT with each call.
    case socket
    /// The descriptor does not block, or poll(2) was asked.
    case file
  }

  let descriptor: FileDescriptor
  private let kind: Kind

  /// Takes a socket over.
  package init(_ socket: consuming Socket) {
    descriptor = socket.descriptor
    kind = .socket
  }

  /// Goes on with a connected TCP socket, on a descriptor of its own. ICMP errors no longer end the
  /// connection at once, as they do while its error queue is on (`IP_RECVERR`, tcp(7)): the kernel
  /// tries again, as for any other program.
  ///
  /// - Throws: `.call` with EMFILE (dup(2)).
  package init(duplicating socket: borrowing Socket) throws(KernelError) {
    let number = socket.descriptor.number
    let copy = try systemCall("fcntl", "keeping the connection") {
      fcntl(number, F_DUPFD_CLOEXEC, 3)
    }
    descriptor = FileDescriptor(owning: copy)
    kind = .socket
    try SocketOption.errorQueue(socket.family).apply(to: copy, 0)
  }

  /// Takes over an open socket.
  init(socket descriptor: consuming FileDescriptor) {
    self.descriptor = descriptor
    kind = .socket
  }

  private init(file descriptor: consuming FileDescriptor) {
    self.descriptor = descriptor
    kind = .file
  }

  /// What a pipe holds; 65,536 by default (pipe(7)).
  private static let pipeSize: Int32 = 262_144

  /// Standard input.
  ///
  /// - Throws: `.call` with EBADF if it is closed.
  package static func standardInput() throws(KernelError) -> ByteStream {
    try standard(STDIN_FILENO, O_RDONLY, "standard input")
  }

  /// Standard output.
  ///
  /// - Throws: `.call` with EBADF if it is closed.
  package static func standardOutput() throws(KernelError) -> ByteStream {
    try standard(STDOUT_FILENO, O_WRONLY, "standard output")
  }

  private static func standard(
    _ number: Int32, _ mode: Int32, _ name: String
  ) throws(KernelError) -> ByteStream {
    var status = stat()
    // Safe: the structure outlives the call, which fills it.
    _ = try systemCall("fstat", name) { unsafe fstat(number, &status) }
    let type = status.st_mode & S_IFMT
    if type == S_IFIFO {
      // A description of its own: O_NONBLOCK on the shared one would surprise those who share it.
      // Safe: the path is passed as a NUL-terminated copy that lives through the call.
      let own = unsafe open("/proc/self/fd/\(number)", mode | O_NONBLOCK | O_CLOEXEC)
      if own >= 0 {
        // F_SETPIPE_SZ of fcntl(2): fewer turns between the two programs. Without it, it is slower.
        _ = fcntl(own, 1031, pipeSize)
        return ByteStream(file: FileDescriptor(owning: own))
      }
    }
    let copy = try systemCall("fcntl", name) { fcntl(number, F_DUPFD_CLOEXEC, 3) }
    let descriptor = FileDescriptor(owning: copy)
    return type == S_IFSOCK ? ByteStream(socket: descriptor) : ByteStream(file: descriptor)
  }

  /// Reads once, as much as there is room for.
  ///
  /// - Returns: how many bytes came, 0 at the end of the stream; `nil` if there is nothing now.
  /// - Throws: `.call` with ECONNRESET, EIO ... (recv(2), read(2)).
  package func read(into queue: inout ByteQueue) throws(KernelError) -> Int? {
    // Safe: the kernel writes within the buffer, which lives through the call.
    try nonBlockingCall("read", "reading") {
      unsafe queue.fill { room in
        switch kind {
        case .socket:
          unsafe recv(descriptor.number, room.baseAddress, room.count, Int32(MSG_DONTWAIT))
        case .file: unsafe Glibc.read(descriptor.number, room.baseAddress, room.count)
        }
      }
    }
  }

  /// Writes once, as much as is taken; what was written leaves the queue.
  ///
  /// - Returns: how many bytes were taken; `nil` if there is no room now.
  /// - Throws: `.call` with EPIPE, ECONNRESET, ENOSPC ... (send(2), write(2)).
  package func write(from queue: inout ByteQueue) throws(KernelError) -> Int? {
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    // Safe: the kernel reads within the buffer, which lives through the call.
    return try nonBlockingCall("write", "writing") {
      unsafe queue.drain { bytes in
        switch kind {
        case .socket: unsafe send(descriptor.number, bytes.baseAddress, bytes.count, flags)
        case .file: unsafe Glibc.write(descriptor.number, bytes.baseAddress, bytes.count)
        }
      }
    }
  }

  /// Tells the peer of a socket that nothing more will come (shutdown(2)).
  package func endWriting() {
    // ENOTCONN is all that can happen: then there is nobody to tell.
    _ = shutdown(descriptor.number, Int32(SHUT_WR))
  }

  /// Takes nothing more from the peer of a socket (shutdown(2)).
  package func endReading() {
    _ = shutdown(descriptor.number, Int32(SHUT_RD))
  }
}
