import Model
import Testing

@testable import Kernel

/// Objects, flowtables and chains that the kernel at hand may lack, from bytes.
@Suite struct ObjectDecodingTests {
  private func decode<Value>(
    _ body: (inout NetlinkRequest) -> Void,
    _ decode: (borrowing AttributeTable) throws(KernelError) -> Value
  ) throws -> Value {
    var request = NetlinkRequest(type: 0)
    body(&request)
    let bytes = request.message(sequence: 0)
    return try decode(AttributeTable(bytes.span.extracting(16..<bytes.count)))
  }

  struct ObjectCase: Sendable, CustomTestStringConvertible {
    let type: UInt32
    let content: StatefulObject.Content
    let data: @Sendable (inout NetlinkRequest) -> Void
    var testDescription: String { "type \(type)" }
  }

  static let objects = [
    ObjectCase(type: 3, content: .conntrackHelper(name: "ftp", l3: 2, l4: 6)) {
      $0.append(1, string: "ftp")
      $0.append(2, be16: 2)
      $0.append(3, u8: 6)
    },
    ObjectCase(type: 5, content: .connectionLimit(ConnectionLimit(count: 9, isOver: true))) {
      $0.append(1, be32: 9)
      $0.append(2, be32: 1)
    },
    ObjectCase(type: 7, content: .conntrackTimeout(l3: 2, l4: 6, policy: [1: 30])) {
      $0.append(1, be16: 2)
      $0.append(2, u8: 6)
      $0.append(3) { $0.append(1, be32: 30) }
    },
    ObjectCase(type: 8, content: .securityMark(context: "system_u")) {
      $0.append(1, string: "system_u")
    },
    ObjectCase(
      type: 9,
      content: .conntrackExpectation(
        StatefulObject.Expectation(
          l3: 2, l4: 6, destinationPort: 9876, timeout: 120_000, size: 12))
    ) {
      $0.append(1, be16: 2)
      $0.append(2, u8: 6)
      $0.append(3, be16: 9876)
      $0.append(4, u32: 120_000)
      $0.append(5, u8: 12)
    },
    ObjectCase(type: 99, content: .unknown(type: 99)) { $0.append(1, be32: 1) },
    ObjectCase(type: 1, content: .unknown(type: 1)) { $0.append(9, be32: 1) },
  ]

  @Test(arguments: objects) func object(example: ObjectCase) throws {
    let object = try decode {
      $0.append(2, string: "o")
      $0.append(3, be32: example.type)
      $0.append(4, nested: example.data)
      $0.append(6, be64: 11)
    } _: { (a) throws(KernelError) in
      try StatefulObject(a)
    }
    #expect(
      object
        == StatefulObject(name: "o", handle: 11, type: example.type, content: example.content))
  }

  @Test func flowtable() throws {
    let flowtable = try decode {
      $0.append(2, string: "f")
      $0.append(3) { hook in
        hook.append(1, be32: 0)
        hook.append(2, be32: UInt32(bitPattern: -10))
        hook.append(3) { devices in
          devices.append(1, string: "eth0")
          devices.append(2, string: "wlan")
        }
      }
      $0.append(5, be64: 4)
      $0.append(7, be32: 2)
    } _: { (a) throws(KernelError) in
      try Flowtable(a)
    }
    #expect(
      flowtable
        == Flowtable(name: "f", handle: 4, priority: -10, devices: ["eth0", "wlan*"], flags: 2))
  }

  @Test func aHookThatNobodyKnowsIsAnError() {
    let expected = KernelError.malformed(
      what: "ruleset", path: "chain: hook 9 of family inet", offset: 0)
    #expect(throws: expected) {
      try decode {
        $0.append(3, string: "c")
        $0.append(4) { hook in
          hook.append(1, be32: 9)
          hook.append(2, be32: 0)
        }
        $0.append(7, string: "filter")
      } _: { (a) throws(KernelError) in
        try Chain(a, family: .inet)
      }
    }
  }

  @Test func aRuleAttributeThatNobodyKnowsIsKept() throws {
    let rule = try decode {
      $0.append(3, be64: 5)
      $0.append(12, be32: 1)
    } _: { (a) throws(KernelError) in
      try Rule(a)
    }
    #expect(
      rule.expressions == [
        .unknown(UnknownExpression(name: "rule", reason: "attribute 12", bytes: []))
      ])
  }

  /// As deep as a message can hold.
  @Test(arguments: ["inner", "dynset"]) func nestingDoesNotExhaustTheStack(_ name: String) throws {
    func attribute(_ type: UInt8, _ payload: [UInt8]) -> [UInt8] {
      let length = payload.count + 4
      return [UInt8(length & 0xff), UInt8(length >> 8), type, 0] + payload
    }
    let text = attribute(1, Array(name.utf8) + [UInt8](repeating: 0, count: 8 - name.utf8.count))
    var bytes = text
    while bytes.count < 65_000 {
      let data =
        name == "inner"
        ? attribute(2, [0, 0, 0, 1]) + attribute(5, bytes)
        : attribute(1, [0x73, 0, 0, 0]) + attribute(3, [0, 0, 0, 0])
          + attribute(4, [0, 0, 0, 1]) + attribute(7, bytes)
      bytes = text + attribute(2, data)
    }
    let expression = try Expression(bytes.span)
    switch expression {
    case .inner(let inner):
      guard case .unknown(let unknown) = inner.expression else { break }
      #expect(unknown.reason == "nesting")
      return
    case .dynamicSet(let dynamicSet):
      guard case .unknown(let unknown) = dynamicSet.expressions.first else { break }
      #expect(unknown.reason == "nesting")
      return
    default: break
    }
    Issue.record("\(expression)")
  }
}
