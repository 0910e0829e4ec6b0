internal import Glibc
internal import Model

/// Bounded reads of files that are text, above all those of procfs and sysfs.
///
/// procfs reports no sizes, so each read has a limit instead; the bytes are handed out as they are.
package enum TextFile {
  /// All bytes of a file.
  ///
  /// - Throws: `KernelError.call` when it can't be opened or read, `.tooLarge` beyond `limit`.
  package static func read(
    _ path: String, limit: Int = 16 << 20
  ) throws(KernelError) -> [UInt8] {
    let file = try open(path)
    var bytes: [UInt8] = []
    var wanted = min(4096, limit + 1)
    while true {
      let part = try read(file, upTo: wanted, path)
      if part.isEmpty { return bytes }
      bytes += part
      if bytes.count > limit { throw .tooLarge(what: path, limit: limit) }
      wanted = min(max(wanted, bytes.count), limit + 1 - bytes.count)
      wanted = max(wanted, 1)
    }
  }

  /// The first bytes of a file, at most `count`, by one read: enough for a sysctl.
  ///
  /// - Throws: `KernelError.call` when it can't be opened or read.
  package static func readStart(_ path: String, count: Int = 256) throws(KernelError) -> [UInt8] {
    let file = try open(path)
    return try read(file, upTo: count, path)
  }

  /// The target of a symbolic link, at most 4,095 bytes.
  ///
  /// - Throws: `KernelError.call`.
  package static func linkTarget(_ path: String) throws(KernelError) -> [UInt8] {
    var buffer = [CChar](repeating: 0, count: 4095)
    let size = buffer.count
    // Safe: the buffer outlives the call, which writes at most `size` bytes.
    let length = try systemCall("readlink", path) { unsafe readlink(path, &buffer, size) }
    return buffer.prefix(length).map { UInt8(bitPattern: $0) }
  }

  static func open(_ path: String) throws(KernelError) -> FileDescriptor {
    try open(path, context: path)
  }

  /// Opens a file or directory for reading; `context` says what for, to people.
  static func open(_ path: String, context: String) throws(KernelError) -> FileDescriptor {
    // Safe: the path's C string lives through the call.
    let number = try systemCall("open", context) { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC) }
    return FileDescriptor(owning: number)
  }

  /// One read of at most `count` bytes; none at the end of the file.
  static func read(
    _ file: borrowing FileDescriptor, upTo count: Int, _ path: String
  ) throws(KernelError) -> [UInt8] {
    let number = file.number
    var buffer = [UInt8](repeating: 0, count: max(count, 0))
    let size = buffer.count
    // Safe: the buffer outlives the call, which writes at most `size` bytes.
    let length = try systemCall("read", path) { unsafe Glibc.read(number, &buffer, size) }
    buffer.removeLast(buffer.count - max(0, min(length, buffer.count)))
    return buffer
  }
}
