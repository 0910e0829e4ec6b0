internal import Glibc
internal import Model

/// What stat(2) says of a file, as far as this program asks.
package struct FileStatus: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64
  package let userID: UInt32

  /// Reads it, following symbolic links.
  ///
  /// - Throws: `KernelError.call`.
  package init(_ path: String) throws(KernelError) {
    var status = stat()
    // Safe: the structure outlives the call, which fills it.
    _ = try systemCall("stat", path) { unsafe stat(path, &status) }
    self.init(status)
  }

  /// Reads that of an open file.
  ///
  /// - Throws: `KernelError.call`.
  init(_ file: borrowing FileDescriptor, _ context: String) throws(KernelError) {
    let number = file.number
    var status = stat()
    // Safe: the structure outlives the call, which fills it.
    _ = try systemCall("fstat", context) { unsafe fstat(number, &status) }
    self.init(status)
  }

  private init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    userID = status.st_uid
  }
}
