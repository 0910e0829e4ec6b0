import Model
import Testing

@testable import Reporting

@Suite struct RuleTextTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    var family: Family = .inet
    var expressions: [Expression]
    var testDescription: String { text }
  }

  private static let r1 = Register.data(offset: 0)
  private static let r9 = Register.data(offset: 4)
  private static let r2 = Register.data(offset: 16)

  private static func meta(_ key: MetaKey) -> Expression { .meta(Meta(destination: r1, key: key)) }

  private static func load(
    _ base: PayloadBase, _ offset: Int, _ length: Int, to register: Register = r1
  ) -> Expression {
    .payload(Payload(destination: register, base: base, offset: offset, length: length))
  }

  private static func compare(
    _ data: [UInt8], _ operation: Compare.Operation = .equal
  ) -> Expression {
    .compare(Compare(source: r1, operation: operation, data: data))
  }

  private static func mask(_ mask: [UInt8], xor: [UInt8]? = nil) -> Expression {
    .bitwise(
      Bitwise(
        source: r1, destination: r1, length: mask.count,
        operation: .maskXor(mask: mask, xor: xor ?? mask.map { _ in 0 })))
  }

  private static func constant(_ bytes: [UInt8], to register: Register = r1) -> Expression {
    .immediate(Immediate(destination: register, value: .data(bytes)))
  }

  private static func verdict(_ verdict: Verdict) -> Expression {
    .immediate(Immediate(destination: .verdict, value: .verdict(verdict)))
  }

  private static let isIPv4 = [meta(.networkFamily), compare([2])]
  private static let isTCP = [meta(.transportProtocol), compare([6])]
  private static let port22 = [load(.transport, 2, 2), compare([0, 22])]

  static let matches: [Case] = [
    Case(text: "tcp dport 22 accept", expressions: isTCP + port22 + [verdict(.accept)]),
    Case(
      text: "meta l4proto tcp counter packets 1 bytes 2 tcp dport 22",
      expressions: isTCP + [.counter(Counter(packets: 1, bytes: 2))] + port22),
    Case(text: "meta l4proto tcp", expressions: isTCP),
    Case(text: "th dport 22", expressions: port22),
    Case(
      text: "ip protocol tcp tcp dport 22",
      expressions: isIPv4 + [load(.network, 9, 1), compare([6])] + port22),
    Case(
      text: "@nh,96,32 0xa000001", expressions: [load(.network, 12, 4), compare([10, 0, 0, 1])]),
    Case(
      text: "ip saddr 10.0.0.1", family: .ip,
      expressions: [load(.network, 12, 4), compare([10, 0, 0, 1])]),
    Case(
      text: "ip saddr 10.0.0.0/8", expressions: isIPv4 + [load(.network, 12, 1), compare([10])]),
    Case(
      text: "ip daddr != 10.128.0.0/9",
      expressions: isIPv4 + [
        load(.network, 16, 4), mask([255, 128, 0, 0]), compare([10, 128, 0, 0], .notEqual),
      ]),
    Case(
      text: "ip saddr 1.1.1.1 ip daddr 2.2.2.2", family: .ip,
      expressions: [load(.network, 12, 8), compare([1, 1, 1, 1, 2, 2, 2, 2])]),
    Case(
      text: "tcp dport 80-90",
      expressions: isTCP + [
        load(.transport, 2, 2), compare([0, 80], .greaterOrEqual), compare([0, 90], .lessOrEqual),
      ]),
    Case(
      text: "tcp dport != 80-90",
      expressions: isTCP + [
        load(.transport, 2, 2),
        .range(RangeMatch(source: r1, isInverted: true, from: [0, 80], to: [0, 90])),
      ]),
    Case(
      text: "tcp flags syn",
      expressions: isTCP + [load(.transport, 13, 1), mask([2]), compare([0], .notEqual)]),
    Case(
      text: "tcp flags & (syn | ack) == syn",
      expressions: isTCP + [load(.transport, 13, 1), mask([0x12]), compare([2])]),
    Case(
      text: "tcp flags != syn",
      expressions: isTCP + [load(.transport, 13, 1), compare([2], .notEqual)]),
    Case(
      text: "ip dscp cs1",
      expressions: isIPv4 + [load(.network, 1, 1), mask([0xfc]), compare([0x20])]),
    Case(
      text: "vlan id 5", family: .bridge,
      expressions: [
        load(.link, 12, 2), compare([0x81, 0]), load(.link, 14, 2), mask([0x0f, 0xff]),
        compare([0, 5]),
      ]),
    Case(text: "iifname \"eth*\"", expressions: [meta(.inputName), compare(Array("eth".utf8))]),
    Case(
      text: "iifname \"lo\"",
      expressions: [
        meta(.inputName), compare(Array("lo".utf8) + [UInt8](repeating: 0, count: 14)),
      ]),
    Case(
      text: "reject with tcp reset",
      expressions: isTCP + [.reject(Reject(kind: .tcpReset, code: 0))]),
    Case(text: "reject", expressions: [.reject(Reject(kind: .icmpx, code: 1))]),
    Case(
      text: "ip saddr 10.0.0.1 reject",
      expressions: isIPv4 + [
        load(.network, 12, 4), compare([10, 0, 0, 1]), .reject(Reject(kind: .icmp, code: 3)),
      ]),
    Case(text: "notrack", expressions: [.notrack]),
    Case(
      text: "[unknown expression foo: attribute 8]",
      expressions: [.unknown(UnknownExpression(name: "foo", reason: "attribute 8", bytes: []))]),
  ]

  @Test(arguments: matches) func renderMatch(_ example: Case) {
    expectText(example)
  }

  #if _endian(little)
    static let hostOrder: [Case] = [
      Case(
        text: "ct state established,related",
        expressions: [
          .conntrack(Conntrack(destination: r1, key: .state)), mask([6, 0, 0, 0]),
          compare([0, 0, 0, 0], .notEqual),
        ]),
      Case(
        text: "meta mark & 0x000000ff == 0x00000010",
        expressions: [meta(.mark), mask([255, 0, 0, 0]), compare([16, 0, 0, 0])]),
      Case(
        text: "meta mark 0x00000001-0x0000000a",
        expressions: [
          meta(.mark),
          .byteOrder(
            ByteOrder(source: r1, destination: r1, toNetwork: true, length: 4, size: 4)),
          compare([0, 0, 0, 1], .greaterOrEqual), compare([0, 0, 0, 10], .lessOrEqual),
        ]),
      Case(
        text: "meta mark set (meta mark << 8) | 0x00000001",
        expressions: [
          meta(.mark),
          .bitwise(Bitwise(source: r1, destination: r1, length: 4, operation: .leftShift(8))),
          mask([0xfe, 255, 255, 255], xor: [1, 0, 0, 0]),
          .metaWrite(MetaWrite(source: r1, key: .mark)),
        ]),
      Case(text: "iif \"lo\"", expressions: [meta(.inputInterface), compare([1, 0, 0, 0])]),
      Case(
        text: "fib daddr type local",
        expressions: [
          .fib(FIBLookup(destination: r1, result: .addressType, flags: .destination)),
          compare([2, 0, 0, 0]),
        ]),
      Case(
        text: "fib saddr . iif oif missing",
        expressions: [
          .fib(
            FIBLookup(
              destination: r1, result: .outputInterface,
              flags: [.source, .inputInterface, .present])), compare([0]),
        ]),
      Case(
        text: "ct zone set 5",
        expressions: [
          constant([5, 0]), .conntrackWrite(ConntrackWrite(source: r1, key: .zone)),
        ]),
    ]

    @Test(arguments: hostOrder) func renderHostOrder(_ example: Case) {
      expectText(example)
    }
  #endif

  static let translations: [Case] = [
    Case(
      text: "dnat ip to 10.0.0.1:8080",
      expressions: [
        constant([10, 0, 0, 1]), constant([0x1f, 0x90], to: r2),
        .nat(
          NAT(
            isDestination: true, family: .v4, addressMin: r1, addressMax: r1, portMin: r2,
            portMax: r2, flags: [.mapAddresses, .protoSpecified])),
      ]),
    Case(
      text: "snat ip prefix to 10.1.2.0/24",
      expressions: [
        constant([10, 1, 2, 0]), constant([10, 1, 2, 255], to: r2),
        .nat(
          NAT(
            isDestination: false, family: .v4, addressMin: r1, addressMax: r2,
            flags: [.mapAddresses, .netmap])),
      ]),
    Case(
      text: "dnat ip6 to [::1]:80",
      expressions: [
        constant([UInt8](repeating: 0, count: 15) + [1]), constant([0, 80], to: r2),
        .nat(NAT(isDestination: true, family: .v6, addressMin: r1, portMin: r2)),
      ]),
    Case(
      text: "masquerade random,persistent",
      expressions: [.masquerade(Masquerade(flags: [.random, .persistent]))]),
    Case(
      text: "redirect to :8083",
      expressions: [constant([0x1f, 0x93]), .redirect(Redirect(portMin: r1, portMax: r1))]),
    Case(
      text: "tproxy ip to 127.0.0.1:50080",
      expressions: [
        constant([127, 0, 0, 1]), constant([0xc3, 0xa0], to: r2),
        .transparentProxy(TransparentProxy(family: .v4, address: r1, port: r2)),
      ]),
  ]

  @Test(arguments: translations) func renderTranslation(_ example: Case) {
    expectText(example)
  }

  private func expectText(_ example: Case) {
    let table = Table(family: example.family, name: "t")
    let text = RuleText(table: table, interfaces: [InterfaceIndex(rawValue: 1): "lo"])
    #expect(text.text(of: example.expressions) == example.text)
  }

  // MARK: Sets

  private func text(_ set: ElementSet, _ expressions: [Expression]) -> String {
    RuleText(table: Table(family: .inet, name: "t", sets: [set])).text(of: expressions)
  }

  @Test func anonymousIntervalsShareTheirBounds() {
    let set = ElementSet(
      name: "__set0", flags: [.anonymous, .constant, .interval], keyType: 7, keyLength: 4,
      elements: .loaded([
        // As the kernel dumps them: descending, and adjacent intervals with the same bound.
        Element(key: [250, 0, 0, 0]),
        Element(key: [10, 0, 2, 0], isIntervalEnd: true),
        Element(key: [10, 0, 1, 0], isIntervalEnd: true), Element(key: [10, 0, 1, 0]),
        Element(key: [10, 0, 0, 0]), Element(key: [1, 2, 3, 5], isIntervalEnd: true),
        Element(key: [1, 2, 3, 4]), Element(key: [0, 0, 0, 0], isIntervalEnd: true),
      ]))
    let rule =
      Self.isIPv4 + [
        Self.load(.network, 12, 4), .lookup(Lookup(set: "__set0", source: Self.r1)),
      ]
    #expect(
      text(set, rule)
        == "ip saddr { 1.2.3.4, 10.0.0.0/24, 10.0.1.0/24, 250.0.0.0-255.255.255.255 }")
  }

  @Test func concatenationsTakeTheirDependenciesAlong() {
    let set = ElementSet(
      name: "s", flags: [.interval, .concatenation], keyType: 7 << 6 | 13, keyLength: 8,
      fieldLengths: [4, 2])
    let rule =
      Self.isIPv4 + Self.isTCP + [
        Self.load(.network, 12, 4), Self.load(.transport, 2, 2, to: Self.r9),
        .lookup(Lookup(set: "s", source: Self.r1, isInverted: true)),
      ]
    #expect(text(set, rule) == "ip saddr . tcp dport != @s")
  }

  @Test func verdictMapsAreWrittenInline() {
    let set = ElementSet(
      name: "__map0", flags: [.anonymous, .constant, .map], keyType: 13, keyLength: 2,
      dataType: 0xffff_ff00, dataLength: 16,
      elements: .loaded([
        Element(key: [0, 80], data: .verdict(.jump(chain: "web"))),
        Element(key: [0, 22], data: .verdict(.accept)),
      ]))
    let rule =
      Self.isTCP + [
        Self.load(.transport, 2, 2),
        .lookup(Lookup(set: "__map0", source: Self.r1, destination: .verdict)),
      ]
    #expect(text(set, rule) == "tcp dport vmap { 22 : accept, 80 : jump web }")
  }

  @Test func setsThatWereNotReadAreNamed() {
    let key = [Self.load(.transport, 2, 2)]
    let text = RuleText(table: Table(family: .inet, name: "t"))
    #expect(
      text.text(of: Self.isTCP + key + [.lookup(Lookup(set: "s", source: Self.r1))])
        == "tcp dport @s")
    #expect(
      text.text(of: Self.isTCP + key + [.lookup(Lookup(set: "__set0", source: Self.r1))])
        == "tcp dport { [elements not read] }")
  }

  @Test func mapsGiveAddressAndPort() {
    let set = ElementSet(
      name: "m", flags: [.map], keyType: 13, keyLength: 2, dataType: 7 << 6 | 13, dataLength: 8)
    let rule =
      Self.isTCP + [
        Self.load(.transport, 2, 2),
        .lookup(Lookup(set: "m", source: Self.r1, destination: Self.r1)),
        .nat(NAT(isDestination: true, family: .v4, addressMin: Self.r1, portMin: Self.r9)),
      ]
    #expect(text(set, rule) == "dnat ip to tcp dport map @m")
  }

  @Test func commentsAndNamesAreMadePrintable() {
    let rule = Rule(
      handle: 1, expressions: [Self.verdict(.jump(chain: "a\u{1b}[31m"))],
      comment: "x\u{202e}y\n\"")
    let text = RuleText(table: Table(family: .inet, name: "t")).text(of: rule)
    #expect(text == #"jump a\x1b[31m comment "x\u{202e}y\n\x22""#)
  }
}
