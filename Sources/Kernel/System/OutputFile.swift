internal import Glibc
package import Model

/// A file that is written from its start, or standard output.
package struct OutputFile: ~Copyable {
  private let file: FileDescriptor
  private let isOutput: Bool

  /// Makes or empties a file; `-` is standard output, which stays open.
  ///
  /// - Throws: `.call` with EACCES, ENOENT, EISDIR ... (open(2)).
  package init(path: String) throws(KernelError) {
    isOutput = path == "-"
    let name = isOutput ? "/dev/null" : path
    // Safe: the path's C string lives through the call.
    let number = try systemCall("open", "writing \(path)") {
      unsafe Glibc.open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    }
    file = FileDescriptor(owning: number)
  }

  /// Writes everything.
  ///
  /// - Returns: why it could not be written, `nil` if it was.
  package func failureWriting(_ bytes: [UInt8]) -> ErrorNumber? {
    StandardStream.failureWriting(
      bytes, to: isOutput ? StandardStream.output.rawValue : file.number)
  }
}
