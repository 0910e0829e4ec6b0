import CNftnl
import Model

/// What our decoder found in an expression, by libnftnl's attribute numbers. Written after
/// libnftnl's header alone: only values that the kernel dumps, all of them.
struct Testimony {
  var name: String
  var facts: [Int: Fact] = [:]
  /// Attributes that `Model` does not keep, or that are compared in another way.
  var isSilentOn: Set<Int> = []
  var nested: [Expression] = []

  init(_ name: String, _ facts: [Int: Fact?] = [:]) {
    self.name = name
    self.facts = facts.compactMapValues { $0 }
  }
}

extension Register? {
  fileprivate var fact: Fact? { map { .register($0) } }
}

extension Register {
  fileprivate var fact: Fact { .register(self) }
}

extension IPFamily? {
  /// `NFPROTO_*`.
  var fact: Fact { .number(self == .v4 ? 2 : self == .v6 ? 10 : 0) }
}

extension Verdict {
  /// `NFTA_VERDICT_CODE` as libnftnl keeps it, an unsigned number.
  var code: UInt32 {
    let code: Int32 =
      switch self {
      case .drop: 0
      case .accept: 1
      case .stolen: 2
      case .queue(let number, let bypass): 3 | Int32(number) << 16 | (bypass ? 0x8000 : 0)
      case .continue: -1
      case .break: -2
      case .jump: -3
      case .goto: -4
      case .return: -5
      case .unknown(let code): code
      }
    return UInt32(bitPattern: code)
  }

  /// The chain of a jump or goto.
  var chain: String? {
    switch self {
    case .jump(let chain), .goto(let chain): chain
    default: nil
    }
  }
}

extension Expression {
  var testimony: Testimony {
    aboutRegisters ?? aboutPacket ?? aboutHost ?? aboutSets ?? aboutState ?? aboutTranslation
      ?? aboutFate
  }

  private var aboutRegisters: Testimony? {
    switch self {
    case .immediate(let it):
      var testimony = Testimony("immediate", [NFTNL_EXPR_IMM_DREG: it.destination.fact])
      switch it.value {
      case .data(let bytes): testimony.facts[NFTNL_EXPR_IMM_DATA] = .bytes(bytes)
      case .verdict(let verdict):
        testimony.facts[NFTNL_EXPR_IMM_VERDICT] = .number(verdict.code)
        testimony.facts[NFTNL_EXPR_IMM_CHAIN] = verdict.chain.map { .text($0) }
      }
      return testimony
    case .compare(let it):
      return Testimony(
        "cmp",
        [
          NFTNL_EXPR_CMP_SREG: it.source.fact, NFTNL_EXPR_CMP_OP: .number(it.operation.rawValue),
          NFTNL_EXPR_CMP_DATA: .bytes(it.data),
        ])
    case .range(let it):
      return Testimony(
        "range",
        [
          NFTNL_EXPR_RANGE_SREG: it.source.fact, NFTNL_EXPR_RANGE_OP: .flag(it.isInverted),
          NFTNL_EXPR_RANGE_FROM_DATA: .bytes(it.from), NFTNL_EXPR_RANGE_TO_DATA: .bytes(it.to),
        ])
    case .bitwise(let it): return Self.bitwise(it)
    case .byteOrder(let it):
      return Testimony(
        "byteorder",
        [
          NFTNL_EXPR_BYTEORDER_DREG: it.destination.fact,
          NFTNL_EXPR_BYTEORDER_SREG: it.source.fact,
          NFTNL_EXPR_BYTEORDER_OP: .flag(it.toNetwork),
          NFTNL_EXPR_BYTEORDER_LEN: .number(it.length),
          NFTNL_EXPR_BYTEORDER_SIZE: .number(it.size),
        ])
    default: return nil
    }
  }

  private static func bitwise(_ it: Bitwise) -> Testimony {
    var testimony = Testimony(
      "bitwise",
      [
        NFTNL_EXPR_BITWISE_SREG: it.source.fact, NFTNL_EXPR_BITWISE_DREG: it.destination.fact,
        NFTNL_EXPR_BITWISE_LEN: .number(it.length),
      ])
    func shift(_ operation: Int, by bits: UInt32) {
      testimony.facts[NFTNL_EXPR_BITWISE_OP] = .number(operation)
      testimony.facts[NFTNL_EXPR_BITWISE_DATA] = .number(bits)
    }
    switch it.operation {
    case .maskXor(let mask, let xor):
      testimony.facts[NFTNL_EXPR_BITWISE_OP] = .number(0)
      testimony.facts[NFTNL_EXPR_BITWISE_MASK] = .bytes(mask)
      testimony.facts[NFTNL_EXPR_BITWISE_XOR] = .bytes(xor)
    case .leftShift(let bits): shift(1, by: bits)
    case .rightShift(let bits): shift(2, by: bits)
    // Younger than the oldest libnftnl that the tests must run with.
    case .and: testimony.facts[NFTNL_EXPR_BITWISE_OP] = .number(3)
    case .or: testimony.facts[NFTNL_EXPR_BITWISE_OP] = .number(4)
    case .xor: testimony.facts[NFTNL_EXPR_BITWISE_OP] = .number(5)
    }
    return testimony
  }

  private var aboutPacket: Testimony? {
    switch self {
    case .payload(let it):
      return Testimony(
        "payload",
        [
          NFTNL_EXPR_PAYLOAD_DREG: it.destination.fact,
          NFTNL_EXPR_PAYLOAD_BASE: .number(it.base.rawValue),
          NFTNL_EXPR_PAYLOAD_OFFSET: .number(it.offset),
          NFTNL_EXPR_PAYLOAD_LEN: .number(it.length),
        ])
    case .payloadWrite(let it):
      return Testimony(
        "payload",
        [
          NFTNL_EXPR_PAYLOAD_SREG: it.source.fact,
          NFTNL_EXPR_PAYLOAD_BASE: .number(it.base.rawValue),
          NFTNL_EXPR_PAYLOAD_OFFSET: .number(it.offset),
          NFTNL_EXPR_PAYLOAD_LEN: .number(it.length),
          NFTNL_EXPR_PAYLOAD_CSUM_TYPE: .number(it.checksumType),
          NFTNL_EXPR_PAYLOAD_CSUM_OFFSET: .number(it.checksumOffset),
          NFTNL_EXPR_PAYLOAD_FLAGS: .number(it.checksumFlags),
        ])
    case .extensionHeader(let it):
      var testimony = Testimony(
        "exthdr",
        [
          NFTNL_EXPR_EXTHDR_TYPE: .number(it.type), NFTNL_EXPR_EXTHDR_OFFSET: .number(it.offset),
          NFTNL_EXPR_EXTHDR_LEN: .number(it.length),
          NFTNL_EXPR_EXTHDR_FLAGS: .flag(it.isPresenceTest),
          NFTNL_EXPR_EXTHDR_OP: .number(it.kind.rawValue),
        ])
      switch it.access {
      case .load(let register): testimony.facts[NFTNL_EXPR_EXTHDR_DREG] = register.fact
      case .write(let register): testimony.facts[NFTNL_EXPR_EXTHDR_SREG] = register.fact
      case .strip: break
      }
      return testimony
    // libnftnl 1.2.4 does not know it; its name must then be missing there.
    case .inner: return Testimony("inner")
    default: return nil
    }
  }

  private var aboutHost: Testimony? {
    func property(_ name: String, _ facts: [Int: Fact?]) -> Testimony { Testimony(name, facts) }
    switch self {
    case .meta(let it):
      return property(
        "meta",
        [
          NFTNL_EXPR_META_KEY: .number(it.key.rawValue),
          NFTNL_EXPR_META_DREG: it.destination.fact,
        ])
    case .metaWrite(let it):
      return property(
        "meta",
        [NFTNL_EXPR_META_KEY: .number(it.key.rawValue), NFTNL_EXPR_META_SREG: it.source.fact])
    case .conntrack(let it):
      return property(
        "ct",
        [
          NFTNL_EXPR_CT_KEY: .number(it.key.rawValue), NFTNL_EXPR_CT_DREG: it.destination.fact,
          NFTNL_EXPR_CT_DIR: it.direction.map { .flag($0 == .reply) },
        ])
    case .conntrackWrite(let it):
      return property(
        "ct",
        [
          NFTNL_EXPR_CT_KEY: .number(it.key.rawValue), NFTNL_EXPR_CT_SREG: it.source.fact,
          NFTNL_EXPR_CT_DIR: it.direction.map { .flag($0 == .reply) },
        ])
    case .routing(let it):
      return property(
        "rt",
        [NFTNL_EXPR_RT_KEY: .number(it.key.rawValue), NFTNL_EXPR_RT_DREG: it.destination.fact])
    case .fib(let it):
      return property(
        "fib",
        [
          NFTNL_EXPR_FIB_DREG: it.destination.fact,
          NFTNL_EXPR_FIB_RESULT: .number(it.result.rawValue),
          NFTNL_EXPR_FIB_FLAGS: .number(it.flags.rawValue),
        ])
    case .socket(let it):
      return property(
        "socket",
        [
          NFTNL_EXPR_SOCKET_KEY: .number(it.key.rawValue),
          NFTNL_EXPR_SOCKET_DREG: it.destination.fact,
          NFTNL_EXPR_SOCKET_LEVEL: .number(it.level),
        ])
    default: return aboutSender
    }
  }

  private var aboutSender: Testimony? {
    switch self {
    case .operatingSystem(let it):
      return Testimony(
        "osf",
        [
          NFTNL_EXPR_OSF_DREG: it.destination.fact, NFTNL_EXPR_OSF_TTL: .number(it.ttl),
          NFTNL_EXPR_OSF_FLAGS: .number(it.flags),
        ])
    case .tunnel(let it):
      return Testimony(
        "tunnel",
        [NFTNL_EXPR_TUNNEL_KEY: .number(it.key), NFTNL_EXPR_TUNNEL_DREG: it.destination.fact])
    case .transform(let it):
      return Testimony(
        "xfrm",
        [
          NFTNL_EXPR_XFRM_DREG: it.destination.fact, NFTNL_EXPR_XFRM_KEY: .number(it.key),
          NFTNL_EXPR_XFRM_DIR: .number(it.direction), NFTNL_EXPR_XFRM_SPNUM: .number(it.index),
        ])
    default: return nil
    }
  }
}
