import Model
import Testing

@testable import Kernel

/// Single messages of a known ruleset, byte for byte as Linux 6.18 sent them: table inet t; set
/// ports {inet_service, interval: 22, 80-90}; map vm {ipv4_addr . inet_service : verdict, interval:
/// 10.0.0.0/24 . 443 : jump j}; chain c {filter, input, -5, drop; `ip saddr 10.0.0.0/9 tcp dport
/// @ports accept comment "ssh"`}.
@Suite struct RecordedMessageTests {
  /// A message from its payload in hexadecimal.
  private func message(_ type: NftablesMessage, _ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.filter { !$0.isWhitespace }
    var bytes: [UInt8] = []
    var rest = digits[...]
    while let byte = UInt8(rest.prefix(2), radix: 16) {
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    return NetlinkRequest(type: type.type, header: bytes).message(sequence: 1)
  }

  private var table: [UInt8] { message(.newTable, "01000002 06000100 74000000") }

  private static let chain = """
    01000002 06000100 74000000 06000300 63000000 0c000200 00000000 00000002
    14000400 08000100 00000001 08000200 fffffffb 08000500 00000000 0b000700
    66696c74 65720000 08000a00 00000001 08000600 00000001
    """

  private static let rule = """
    01000002 06000100 74000000 06000200 63000000 0c000300 00000000 00000005
    e4010400 24000100 09000100 6d657461 00000000 14000200 08000200 0000000f
    08000100 00000001 2c000100 08000100 636d7000 20000200 08000100 00000001
    08000200 00000000 0c000300 05000100 02000000 34000100 0c000100 7061796c
    6f616400 24000200 08000100 00000001 08000200 00000001 08000300 0000000c
    08000400 00000004 4c000100 0c000100 62697477 69736500 3c000200 08000100
    00000001 08000200 00000001 08000300 00000004 08000600 00000000 0c000400
    08000100 ff800000 0c000500 08000100 00000000 2c000100 08000100 636d7000
    20000200 08000100 00000001 08000200 00000000 0c000300 08000100 0a000000
    24000100 09000100 6d657461 00000000 14000200 08000200 00000010 08000100
    00000001 2c000100 08000100 636d7000 20000200 08000100 00000001 08000200
    00000000 0c000300 05000100 06000000 34000100 0c000100 7061796c 6f616400
    24000200 08000100 00000001 08000200 00000002 08000300 00000002 08000400
    00000002 30000100 0b000100 6c6f6f6b 75700000 20000200 0a000100 706f7274
    73000000 08000200 00000001 08000500 00000000 30000100 0e000100 696d6d65
    64696174 65000000 1c000200 08000100 00000000 10000200 0c000200 08000100
    00000001 0a000700 00047373 68000000
    """

  @Test func chainAndRule() throws {
    let tables = try decodeRuleset(
      table + message(.newChain, Self.chain) + message(.newRule, Self.rule))
    let chain = try #require(tables.first?.chains.first)
    #expect(chain.name == "c")
    #expect(chain.handle == 2)
    #expect(
      chain.base
        == BaseChain(
          kind: .filter, hook: .input, priority: Priority(rawValue: -5), policy: .drop))
    let one = Register.data(offset: 0)
    #expect(
      chain.rules == [
        Rule(
          handle: 5,
          expressions: [
            .meta(Meta(destination: one, key: .networkFamily)),
            .compare(Compare(source: one, operation: .equal, data: [2])),
            .payload(Payload(destination: one, base: .network, offset: 12, length: 4)),
            .bitwise(
              Bitwise(
                source: one, destination: one, length: 4,
                operation: .maskXor(mask: [255, 128, 0, 0], xor: [0, 0, 0, 0]))),
            .compare(Compare(source: one, operation: .equal, data: [10, 0, 0, 0])),
            .meta(Meta(destination: one, key: .transportProtocol)),
            .compare(Compare(source: one, operation: .equal, data: [6])),
            .payload(Payload(destination: one, base: .transport, offset: 2, length: 2)),
            .lookup(Lookup(set: "ports", source: one)),
            .immediate(Immediate(destination: .verdict, value: .verdict(.accept))),
          ], comment: "ssh")
      ])
  }

  @Test func set() throws {
    let bytes = message(
      .newSet,
      """
      01000002 06000100 74000000 07000200 766d0000 0c001000 00000000 00000004
      08000300 0000008c 08000400 000001cd 08000500 00000008 08000600 ffffff00
      08000700 00000010 20000d00 00040000 00000104 00000000 03080004 0d000000
      01000604 00000000 20000900 1c000200 0c000100 08000100 00000004 0c000100
      08000100 00000002 17001300 30786666 66666666 66663832 35303831 61300000
      08001400 00000001
      """)
    var draft = RulesetDraft()
    var messages = NetlinkMessages((table + bytes).span)
    while let message = try messages.next() {
      if message.type == NftablesMessage.newTable.type {
        try draft.add(table: message)
      } else {
        try draft.add(set: message)
      }
    }
    #expect(
      draft.tables.first?.sets == [
        ElementSet(
          name: "vm", handle: 4, flags: [.interval, .map, .concatenation], keyType: 461,
          keyLength: 8, dataType: 0xffff_ff00, dataLength: 16, fieldLengths: [4, 2],
          keyByteOrder: 0, dataByteOrder: 0, elements: .onDemand(count: 1))
      ])
  }

  @Test func elements() throws {
    let bytes = message(
      .newElement,
      """
      01000002 06000100 74000000 0a000200 706f7274 73000000 6c000300 18000100
      0c000100 06000100 005b0000 08000300 00000001 10000100 0c000100 06000100
      00500000 18000100 0c000100 06000100 00170000 08000300 00000001 10000100
      0c000100 06000100 00160000 18000100 0c000100 06000100 00000000 08000300
      00000001
      """)
    #expect(
      try elements(bytes) == [
        Element(key: [0, 91], isIntervalEnd: true), Element(key: [0, 80]),
        Element(key: [0, 23], isIntervalEnd: true), Element(key: [0, 22]),
        Element(key: [0, 0], isIntervalEnd: true),
      ])
  }

  @Test func elementOfARangedVerdictMap() throws {
    let bytes = message(
      .newElement,
      """
      01000002 06000100 74000000 07000200 766d0000 40000300 3c000100 10000100
      0c000100 0a000000 01bb0000 10000a00 0c000100 0a0000ff 01bb0000 18000200
      14000200 08000100 fffffffd 06000200 6a000000
      """)
    #expect(
      try elements(bytes) == [
        Element(
          key: [10, 0, 0, 0, 1, 187, 0, 0], keyEnd: [10, 0, 0, 255, 1, 187, 0, 0],
          data: .verdict(.jump(chain: "j")))
      ])
  }

  private func elements(_ bytes: [UInt8]) throws -> [Element] {
    var elements: [Element] = []
    var messages = NetlinkMessages(bytes.span)
    while let message = try messages.next() {
      try Element.append(from: message, to: &elements)
    }
    return elements
  }
}
