import Model
import Testing

@testable import Kernel

@Suite struct AttributeReaderTests {
  @Test func readsWhatTheRequestBuilderWrites() throws {
    var request = NetlinkRequest(type: 7, flags: .dump, header: [1, 0, 0, 0])
    request.append(1, be16: 0x0102)
    request.append(2, be32: 0x0102_0304)
    request.append(3, be64: 0x0102_0304_0506_0708)
    request.append(4, string: "text")
    request.append(5) { $0.append(6, u32: 77) }
    let bytes = request.message(sequence: 9)
    var messages = NetlinkMessages(bytes.span)
    var seen: [UInt16] = []
    while let message = try messages.next() {
      #expect(message.type == 7)
      #expect(messages.sequence == 9)
      var attributes = try message.attributes(after: 4)
      while let attribute = try attributes.next() {
        seen.append(attribute.type)
        switch attribute.type {
        case 1: #expect(try attribute.be16() == 0x0102)
        case 2: #expect(try attribute.be32() == 0x0102_0304)
        case 3: #expect(try attribute.be64() == 0x0102_0304_0506_0708)
        case 4: #expect(attribute.string() == "text")
        default:
          var nested = attribute.nested
          while let inner = try nested.next() {
            #expect(inner.type == 6)
            #expect(try inner.u32() == 77)
          }
        }
      }
    }
    #expect(seen == [1, 2, 3, 4, 5])
  }

  @Test(
    arguments: [
      [3, 0, 1, 0], [9, 0, 1, 0, 1, 2, 3, 4], [0, 0, 0, 0], [255, 255, 1, 0, 1],
    ] as [[UInt8]])
  func refusesLengthsThatCannotBe(bytes: [UInt8]) {
    #expect(throws: KernelError.self) {
      var reader = AttributeReader(bytes.span)
      while let attribute = try reader.next() { _ = attribute.type }
    }
  }

  @Test func refusesShortNumbers() throws {
    var reader = AttributeReader([6, 0, 1, 0, 1, 2, 0, 0].span)
    guard let attribute = try reader.next() else { return }
    #expect(throws: KernelError.self) {
      try [1, 2].span.number(at: 0, count: 4, bigEndian: true, of: 1)
    }
    do {
      _ = try attribute.be32()
      Issue.record("read four bytes of two")
    } catch {}
    do {
      _ = try attribute.be64()
      Issue.record("read eight bytes of two")
    } catch {}
    #expect(try attribute.be16() == 0x0102)
  }

  @Test(
    arguments: [
      [], [1], [15, 0, 0, 0] + [UInt8](repeating: 0, count: 12),
      [17, 0, 0, 0] + [UInt8](repeating: 0, count: 12),
      [255, 255, 255, 255] + [UInt8](repeating: 0, count: 12),
    ] as [[UInt8]])
  func truncatedDatagramsNeverTrap(bytes: [UInt8]) {
    do {
      var messages = NetlinkMessages(bytes.span)
      while let message = try messages.next() { _ = message.type }
      #expect(bytes.isEmpty)
    } catch {
      #expect(!bytes.isEmpty)
    }
  }

  @Test func keepsTextThatIsNotUTF8() throws {
    #expect([0x61, 0xff, 0x62, 0, 0x63].span.text() == "a\u{fffd}b")
  }
}
