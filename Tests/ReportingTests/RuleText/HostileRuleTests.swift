import Model
import Testing

@testable import Reporting

/// Rules that no program would write: whatever a dump holds becomes text, without a trap and
/// without a control character.
@Suite struct HostileRuleTests {
  /// Steele and Vigna's SplitMix64: the same numbers for the same seed.
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }

    mutating func below(_ bound: UInt64) -> Int { Int(next() % bound) }

    mutating func bytes() -> [UInt8] {
      let fillers: [UInt8?] = [nil, 0, 0xff, nil]
      let filler = fillers[below(4)]
      let lengths = [0, 1, 2, 3, 4, 4, 6, 8, 16, 16, 20, 64]
      return (0..<lengths[below(12)]).map { _ in
        filler ?? UInt8(truncatingIfNeeded: next())
      }
    }

    mutating func register() -> Register {
      below(20) == 0 ? .verdict : .data(offset: below(20) * 4)
    }

    mutating func optionalRegister() -> Register? { below(3) == 0 ? nil : register() }
    mutating func text() -> String { String(decoding: bytes(), as: UTF8.self) }
  }

  private static func loading(_ numbers: inout Numbers) -> Expression {
    let register = numbers.register()
    let sizes = [0, 1, 2, 4, 6, 16, 40, 4_294_967_295]
    let base = PayloadBase(rawValue: UInt32(numbers.below(5))) ?? .network
    let small = UInt32(numbers.below(40))
    switch numbers.below(8) {
    case 0, 1:
      return .payload(
        Payload(
          destination: register, base: base, offset: sizes[numbers.below(8)],
          length: sizes[numbers.below(8)]))
    case 2, 3: return .meta(Meta(destination: register, key: MetaKey(rawValue: small)))
    case 4:
      return .conntrack(
        Conntrack(
          destination: register, key: ConntrackKey(rawValue: small),
          direction: numbers.below(2) == 0 ? .reply : nil))
    case 5:
      let accesses: [ExtensionHeader.Access] = [.load(register), .write(register), .strip]
      return .extensionHeader(
        ExtensionHeader(
          access: accesses[numbers.below(3)],
          kind: ExtensionHeader.Kind(rawValue: UInt32(numbers.below(5))) ?? .ipv6,
          type: UInt8(numbers.below(200)), offset: sizes[numbers.below(8)],
          length: sizes[numbers.below(8)], isPresenceTest: numbers.below(2) == 0))
    case 6:
      return .hash(
        Hash(
          destination: register, source: numbers.optionalRegister(),
          length: sizes[numbers.below(8)], modulus: small, seed: small, offset: small))
    default:
      return .immediate(Immediate(destination: register, value: .data(numbers.bytes())))
    }
  }

  private static func changing(_ numbers: inout Numbers) -> Expression {
    let source = numbers.register()
    let data = numbers.bytes()
    switch numbers.below(6) {
    case 0:
      return .bitwise(
        Bitwise(
          source: source, destination: numbers.register(), length: data.count,
          operation: .maskXor(mask: data, xor: numbers.bytes())))
    case 1:
      return .bitwise(
        Bitwise(
          source: source, destination: numbers.register(), length: 4,
          operation: numbers.below(2) == 0 ? .rightShift(9) : .or(numbers.register())))
    case 2:
      return .byteOrder(
        ByteOrder(
          source: source, destination: numbers.register(), toNetwork: true, length: 4, size: 4))
    case 3:
      return .range(RangeMatch(source: source, from: data, to: numbers.bytes()))
    default:
      let operation = Compare.Operation(rawValue: UInt32(numbers.below(6))) ?? .equal
      return .compare(Compare(source: source, operation: operation, data: data))
    }
  }

  private static func ending(_ numbers: inout Numbers) -> Expression {
    let (a, b) = (numbers.register(), numbers.optionalRegister())
    let sets = ["s", "__set0", "__map0", "gone"]
    switch numbers.below(9) {
    case 0:
      return .lookup(
        Lookup(set: sets[numbers.below(4)], source: a, destination: b, isInverted: false))
    case 1: return .dynamicSet(DynamicSet(set: "s", operation: .add, key: a, data: b))
    case 2:
      return .nat(
        NAT(
          isDestination: true, family: .v6, addressMin: b, addressMax: a, portMin: b, portMax: a,
          flags: NATFlags(rawValue: UInt32(numbers.below(128)))))
    case 3:
      return .payloadWrite(PayloadWrite(source: a, base: .network, offset: 0, length: 2))
    case 4: return .metaWrite(MetaWrite(source: a, key: .mark))
    case 5: return .immediate(Immediate(destination: a, value: .verdict(.jump(chain: "bound"))))
    case 6: return .log(Log(prefix: numbers.text(), level: 77, flags: .max))
    case 7: return .queue(Queue(number: .max, total: .max, flags: .max, source: b))
    default:
      return .unknown(
        UnknownExpression(name: numbers.text(), reason: numbers.text(), bytes: numbers.bytes()))
    }
  }

  private static func set(
    _ name: String, _ flags: ElementSet.Flags, _ numbers: inout Numbers
  ) -> ElementSet {
    let elements = (0..<numbers.below(6)).map { _ in
      Element(
        key: numbers.below(8) == 0 ? nil : numbers.bytes(),
        keyEnd: numbers.below(3) == 0 ? numbers.bytes() : nil,
        isIntervalEnd: numbers.below(3) == 0, data: .value(numbers.bytes()),
        object: numbers.text(), timeout: numbers.next(), expiration: numbers.next(),
        comment: numbers.text())
    }
    return ElementSet(
      name: name, flags: flags, keyType: UInt32(truncatingIfNeeded: numbers.next()),
      keyLength: [0, 4, 8, 64, 4_294_967_295][numbers.below(5)],
      dataType: UInt32(truncatingIfNeeded: numbers.next() >> UInt64(numbers.below(64))),
      dataLength: [0, 4, 16, 4_294_967_295][numbers.below(4)], objectType: nil,
      size: 5, timeout: numbers.next(), comment: numbers.text(), elements: .loaded(elements))
  }

  @Test(arguments: [Family.inet, .ip, .ip6, .bridge, .netdev, .arp, Family(rawValue: 99)])
  func anythingBecomesText(_ family: Family) {
    for seed in (0 as UInt64)..<1500 {
      var numbers = Numbers(state: seed)
      var expressions: [Expression] = []
      for _ in 0..<(1 + numbers.below(10)) {
        switch numbers.below(5) {
        case 0, 1: expressions.append(Self.loading(&numbers))
        case 2, 3: expressions.append(Self.changing(&numbers))
        default: expressions.append(Self.ending(&numbers))
        }
      }
      let rule = Rule(handle: 1, expressions: expressions, comment: numbers.text())
      let table = Table(
        family: family, name: numbers.text(),
        chains: [
          Chain(name: "c", rules: [rule]), Chain(name: "bound", rules: [rule], flags: 4),
        ],
        sets: [
          Self.set("s", [.interval, .map], &numbers), Self.set("__set0", [.anonymous], &numbers),
          Self.set("__map0", [.anonymous, .interval, .map], &numbers),
        ])
      let text = RulesetText().text(of: table)
      let hidden = text.unicodeScalars.contains {
        ($0.value < 0x20 && $0 != "\n" && $0 != "\t") || (0x7f...0x9f).contains($0.value)
      }
      #expect(!hidden, "seed \(seed)")
      #expect(!RuleText(table: table).text(of: rule).contains("\n"), "seed \(seed)")
    }
  }
}
