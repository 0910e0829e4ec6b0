internal import Glibc
internal import Model

/// Reads lines from a file, a pipe or standard input, as they come.
package struct LineReader: ~Copyable {
  /// A line without its line feed.
  package enum Line: Hashable, Sendable {
    case bytes([UInt8])
    /// Longer than the limit: it was skipped.
    case tooLong
  }

  /// The longest line that is handed out, in bytes.
  private let limit: Int
  private let file: FileDescriptor
  private let name: String
  private var buffer: [UInt8] = []
  /// Where the next line starts in `buffer`, and up to where no line feed was found.
  private var start = 0
  private var searched = 0
  private var isSkipping = false
  private var isAtEnd = false

  /// Reads a file.
  ///
  /// - Throws: `KernelError.call` when it can't be opened.
  package init(path: String, limit: Int = 1 << 20) throws(KernelError) {
    file = try TextFile.open(path)
    name = path
    self.limit = limit
  }

  private init(owning number: Int32, name: String, limit: Int) {
    file = FileDescriptor(owning: number)
    self.name = name
    self.limit = limit
  }

  /// Reads standard input, which stays open.
  ///
  /// - Throws: `KernelError.call` when it is closed.
  package static func standardInput(limit: Int = 1 << 20) throws(KernelError) -> LineReader {
    let copy = try systemCall("dup", "reading standard input") { dup(0) }
    return LineReader(owning: copy, name: "standard input", limit: limit)
  }

  /// Whether the next line is here already, so that asking for it can't wait.
  package mutating func hasLine() -> Bool { !isSkipping && lineEnd() != nil }

  /// The next line; what follows the last line feed counts as one unless it is empty.
  ///
  /// - Returns: `nil` at the end, and after an interruption.
  /// - Throws: `KernelError.call` when reading fails.
  package mutating func next() throws(KernelError) -> Line? {
    while true {
      if let end = lineEnd() {
        let line = Array(buffer[start..<end])
        start = end + 1
        searched = start
        if isSkipping {
          isSkipping = false
          return .tooLong
        }
        return line.count > limit ? .tooLong : .bytes(line)
      }
      if buffer.count - start > limit {
        isSkipping = true
        start = buffer.count
      }
      if isAtEnd { return last() }
      try fill()
    }
  }

  private mutating func last() -> Line? {
    defer { start = buffer.count }
    if isSkipping {
      isSkipping = false
      return .tooLong
    }
    return start < buffer.count ? .bytes(Array(buffer[start...])) : nil
  }

  private mutating func lineEnd() -> Int? {
    let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n"))
    searched = end ?? buffer.count
    return end
  }

  private mutating func fill() throws(KernelError) {
    buffer.removeFirst(start)
    start = 0
    searched = buffer.count
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let size = chunk.count
    let number = file.number
    while true {
      // Safe: the kernel writes at most the array's own count.
      let count = unsafe Glibc.read(number, &chunk, size)
      if count > 0 {
        buffer.append(contentsOf: chunk.prefix(count))
      } else if count == 0 {
        isAtEnd = true
      } else if currentError() == .interrupted {
        guard Interruption.isRequested else { continue }
        isAtEnd = true
      } else {
        throw .call(name: "read", error: currentError(), context: name)
      }
      return
    }
  }
}
