import Model
import Testing

@testable import Probing

/// The length fields inside the questions agree with the bytes: a server drops what is malformed.
struct DatagramQuestionTests {
  private func bytes(_ port: UInt16) -> [UInt8] { DatagramQuestion.usual(for: Port(port)).bytes }

  private func word(_ bytes: [UInt8], _ offset: Int) -> Int {
    Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
  }

  @Test func keyExchange() {
    let message = bytes(500)
    #expect(word(message, 26) == message.count)
    // The security association's own length, then the proposal's, then the transform's.
    #expect(28 + word(message, 30) == message.count)
    #expect(40 + word(message, 42) == message.count)
    #expect(48 + word(message, 50) == message.count)
    #expect(bytes(4500) == [0, 0, 0, 0] + message)
  }

  @Test func managementInformation() {
    let message = bytes(161)
    #expect(Int(message[1]) + 2 == message.count)
    #expect(15 + Int(message[14]) == message.count)
  }

  @Test func names() {
    for port in [53, 137, 5353, 5355] as [UInt16] {
      let message = bytes(port)
      #expect(word(message, 4) == 1)
      var offset = 12
      while message[offset] != 0 { offset += Int(message[offset]) + 1 }
      // After the name: type and class IN.
      #expect(offset + 5 == message.count)
      #expect(message.suffix(2) == [0, 1])
    }
  }

  @Test func fixedLengths() {
    #expect(bytes(123).count == 48)
    #expect(word(bytes(1812), 2) == bytes(1812).count)
    #expect(bytes(111).count == 40)
    #expect(bytes(3478).count == 20)
    #expect(bytes(1194).count == 14)
    #expect(bytes(40_404) == [0x0a])
  }

  @Test func noQuestionIsLarge() {
    for number in 0...UInt16.max {
      let count = bytes(number).count
      if !(1...512).contains(count) { Issue.record("port \(number): \(count) bytes") }
    }
  }
}
