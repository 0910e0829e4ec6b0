internal import Glibc

/// Files as tests need them: whole, and with an error that names the file.
package enum TestFile {
  package static func bytes(_ path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FixtureError(call: "opening \(path)") }
    defer { close(file) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(file, &chunk, chunk.count)
      guard count >= 0 else { throw FixtureError(call: "reading \(path)") }
      if count == 0 { return content }
      content += chunk.prefix(count)
    }
  }

  package static func text(_ path: String) throws -> String {
    String(decoding: try bytes(path), as: UTF8.self)
  }

  /// Creates or replaces `path`.
  package static func write(_ content: some Sequence<UInt8>, to path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw FixtureError(call: "creating \(path)") }
    defer { close(file) }
    var rest = Array(content)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count > 0 else { throw FixtureError(call: "writing \(path)") }
      rest = rest.dropFirst(count)
    }
  }

  /// The names in a directory, sorted, without those that begin with a dot.
  package static func names(in directory: String) throws -> [String] {
    guard let stream = opendir(directory) else {
      throw FixtureError(call: "opening \(directory)")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  package static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }
}

/// Where this package lies on disk.
package enum Repository {
  /// The directory of `Package.swift`, as the compiler saw it.
  package static let root: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
  }()
}
