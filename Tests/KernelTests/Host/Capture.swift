import TestSupport

@testable import Kernel

/// A recorded dump: `Captures/NAME.bin`, told of in `Captures/NAME.txt`.
struct Capture {
  let bytes: [UInt8]

  init(_ name: String) throws {
    bytes = try TestFile.bytes("\(Repository.root)/Tests/KernelTests/Captures/\(name).bin")
  }

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// What `body` makes of the messages.
  func decode<Value>(
    _ body: (borrowing NetlinkMessage) throws(KernelError) -> Value?
  ) throws(KernelError) -> [Value] {
    var values: [Value] = []
    var messages = NetlinkMessages(bytes.span)
    while let message = try messages.next() {
      if let value = try body(message) { values.append(value) }
    }
    return values
  }
}
