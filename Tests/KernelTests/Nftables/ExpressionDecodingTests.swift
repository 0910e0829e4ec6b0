import Model
import Testing

@testable import Kernel

/// Expressions that a kernel or nft at hand may lack, and ones that no one knows yet, from bytes.
@Suite struct ExpressionDecodingTests {
  /// Decodes an expression from its name and what `body` appends to its data.
  private func decode(
    _ name: String, _ body: (inout NetlinkRequest) -> Void
  ) throws -> Expression {
    var request = NetlinkRequest(type: 0)
    request.append(1, string: name)
    request.append(2, nested: body)
    let bytes = request.message(sequence: 0)
    return try Expression(bytes.span.extracting(16..<bytes.count))
  }

  private let one = Register.data(offset: 0)

  @Test func queueInBothForms() throws {
    let plain = try decode("queue") {
      $0.append(1, be16: 7)
      $0.append(2, be16: 3)
      $0.append(3, be16: 1)
    }
    #expect(plain == .queue(Queue(number: 7, total: 3, flags: 1)))
    let register = try decode("queue") {
      $0.append(3, be16: 0)
      $0.append(4, be32: 1)
    }
    #expect(register == .queue(Queue(number: 0, total: 1, flags: 0, source: one)))
  }

  @Test func flowOffloadAndLast() throws {
    #expect(
      try decode("flow_offload") { $0.append(1, string: "f") } == .flowOffload(flowtable: "f"))
    let last = try decode("last") {
      $0.append(1, be32: 1)
      $0.append(2, be64: 9)
    }
    #expect(last == .last)
  }

  @Test func booleanOperationsOnTwoRegisters() throws {
    for (number, expected) in [
      (3, Bitwise.Operation.and(.data(offset: 16))), (4, .or(.data(offset: 16))),
      (5, .xor(.data(offset: 16))),
    ] as [(UInt32, Bitwise.Operation)] {
      let expression = try decode("bitwise") {
        $0.append(1, be32: 1)
        $0.append(2, be32: 9)
        $0.append(3, be32: 4)
        $0.append(6, be32: number)
        $0.append(8, be32: 2)
      }
      #expect(
        expression
          == .bitwise(
            Bitwise(
              source: one, destination: .data(offset: 4), length: 4, operation: expected)))
    }
  }

  @Test func tunnelInnerAndChunks() throws {
    let tunnel = try decode("tunnel") {
      $0.append(1, be32: 1)
      $0.append(2, be32: 1)
      $0.append(3, be32: 2)
    }
    #expect(tunnel == .tunnel(Tunnel(destination: one, key: 1, mode: 2)))
    let inner = try decode("inner") {
      $0.append(1, be32: 0)
      $0.append(2, be32: 1)
      $0.append(3, be32: 0xf)
      $0.append(4, be32: 8)
      $0.append(5) { inner in
        inner.append(1, string: "meta")
        inner.append(2) { meta in
          meta.append(2, be32: 16)
          meta.append(1, be32: 1)
        }
      }
    }
    let meta = Expression.meta(Meta(destination: one, key: .transportProtocol))
    #expect(inner == .inner(Inner(headerSize: 8, flags: 0xf, type: 1, expression: meta)))
  }

  struct Unknown: Sendable, CustomStringConvertible {
    let name: String
    let reason: String
    let data: @Sendable (inout NetlinkRequest) -> Void
    var description: String { "\(name): \(reason)" }
  }

  static let unknowns = [
    Unknown(name: "wormhole", reason: "the expression's name") { $0.append(1, be32: 1) },
    Unknown(name: "cmp", reason: "operation 9") {
      $0.append(1, be32: 1)
      $0.append(2, be32: 9)
      $0.append(3) { $0.append(1, bytes: [1]) }
    },
    Unknown(name: "cmp", reason: "attribute 4") { $0.append(4, be32: 1) },
    Unknown(name: "cmp", reason: "attribute 40") { $0.append(40, be32: 1) },
    Unknown(name: "counter", reason: "attribute 1 of 4 bytes") { $0.append(1, be32: 1) },
    Unknown(name: "lookup", reason: "flags 0x2") {
      $0.append(1, string: "s")
      $0.append(2, be32: 1)
      $0.append(5, be32: 3)
    },
    Unknown(name: "meta", reason: "key 99") {
      $0.append(1, be32: 1)
      $0.append(2, be32: 99)
    },
    Unknown(name: "meta", reason: "register 6") {
      $0.append(1, be32: 6)
      $0.append(2, be32: 3)
    },
    Unknown(name: "meta", reason: "no attribute 2") { $0.append(1, be32: 1) },
    Unknown(name: "immediate", reason: "no verdict") {
      $0.append(1, be32: 0)
      $0.append(2) { $0.append(1, bytes: [1]) }
    },
    Unknown(name: "nat", reason: "flags 0x80") {
      $0.append(1, be32: 1)
      $0.append(2, be32: 2)
      $0.append(7, be32: 0x81)
    },
    Unknown(name: "inner", reason: "malformed inner expression") {
      $0.append(2, be32: 1)
      $0.append(5, bytes: [9, 0, 1, 0])
    },
  ]

  @Test(arguments: unknowns)
  func whatIsNotUnderstoodIsKept(example: Unknown) throws {
    let expression = try decode(example.name, example.data)
    guard case .unknown(let unknown) = expression else {
      Issue.record("understood: \(expression)")
      return
    }
    #expect(unknown.name == example.name)
    #expect(unknown.reason == example.reason)
    #expect(!unknown.bytes.isEmpty)
  }

  @Test func anUnknownInnerExpressionStaysInside() throws {
    let expression = try decode("dynset") {
      $0.append(1, string: "s")
      $0.append(3, be32: 0)
      $0.append(4, be32: 1)
      $0.append(10) { list in
        list.append(1) { $0.append(1, string: "novel") }
      }
    }
    guard case .dynamicSet(let dynamicSet) = expression else {
      Issue.record("\(expression)")
      return
    }
    #expect(
      dynamicSet.expressions == [
        .unknown(UnknownExpression(name: "novel", reason: "the expression's name", bytes: []))
      ])
  }
}
