internal import Glibc
internal import Model

/// Owns a file descriptor and closes it at the end of its life.
package struct FileDescriptor: ~Copyable {
  package let number: Int32

  /// Takes over `number`, which must be open and nobody else's to close.
  package init(owning number: Int32) {
    self.number = number
  }

  deinit {
    // A failed close leaves nothing to do: on Linux the descriptor is gone all the same.
    _ = Glibc.close(number)
  }
}
