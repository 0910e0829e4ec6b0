internal import Glibc
internal import Model

/// The names in a directory.
package enum Directory {
  /// All names but `.` and `..`, in the directory's own order.
  ///
  /// - Throws: `KernelError.call` when it can't be opened or read.
  package static func names(_ path: String) throws(KernelError) -> [String] {
    var names: [String] = []
    try visit(path) { name in
      names.append(name.text)
      return true
    }
    return names
  }

  /// Calls `body` with each name but `.` and `..`, until it returns `false`.
  ///
  /// - Throws: `KernelError.call` when the directory can't be opened.
  package static func visit(
    _ path: String, _ body: (ArraySlice<UInt8>) -> Bool
  ) throws(KernelError) {
    // Safe: `opendir` copies nothing of ours; the stream is closed below, on every way out.
    guard let stream = unsafe opendir(path) else {
      throw .call(name: "opendir", error: currentError(), context: path)
    }
    defer { unsafe closedir(stream) }  // Safe: opened above and not used afterwards.
    // Safe: the entry is valid until the next `readdir`, and is copied before.
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { space in
        // Safe: `d_name` is NUL-terminated within its array (readdir(3)).
        unsafe Array(space.prefix { $0 != 0 })
      }
      if name.spells(".") || name.spells("..") { continue }
      if !body(name[...]) { return }
    }
  }

  /// The numeric names, in the directory's own order: the processes of /proc, the descriptors of
  /// /proc/PID/fd. A directory that can't be read has none: processes vanish, and belong to others.
  package static func numbers(_ path: String) -> [Int32] {
    var numbers: [Int32] = []
    do throws(KernelError) {
      try visit(path) { name in
        if let number = name.decimal.flatMap({ Int32(exactly: $0) }) { numbers.append(number) }
        return true
      }
    } catch {
      return []
    }
    return numbers
  }
}
