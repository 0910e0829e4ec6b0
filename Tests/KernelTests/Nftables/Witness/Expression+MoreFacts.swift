import CNftnl
import Model

extension Expression {
  var aboutSets: Testimony? {
    switch self {
    case .lookup(let it):
      return Testimony(
        "lookup",
        [
          NFTNL_EXPR_LOOKUP_SREG: .register(it.source),
          NFTNL_EXPR_LOOKUP_DREG: it.destination.map { .register($0) },
          NFTNL_EXPR_LOOKUP_SET: .text(it.set), NFTNL_EXPR_LOOKUP_FLAGS: .flag(it.isInverted),
        ])
    case .dynamicSet(let it):
      var testimony = Testimony(
        "dynset",
        [
          NFTNL_EXPR_DYNSET_SREG_KEY: .register(it.key),
          NFTNL_EXPR_DYNSET_SREG_DATA: it.data.map { .register($0) },
          NFTNL_EXPR_DYNSET_OP: .number(it.operation.rawValue),
          NFTNL_EXPR_DYNSET_TIMEOUT: .number(it.timeout),
          NFTNL_EXPR_DYNSET_SET_NAME: .text(it.set),
          NFTNL_EXPR_DYNSET_FLAGS: .flag(it.isInverted),
        ])
      testimony.isSilentOn = [NFTNL_EXPR_DYNSET_EXPR, NFTNL_EXPR_DYNSET_EXPRESSIONS]
      testimony.nested = it.expressions
      return testimony
    case .objectReference(.name(let name, let type)):
      return Testimony(
        "objref",
        [NFTNL_EXPR_OBJREF_IMM_TYPE: .number(type), NFTNL_EXPR_OBJREF_IMM_NAME: .text(name)])
    case .objectReference(.map(let set, let key)):
      return Testimony(
        "objref",
        [NFTNL_EXPR_OBJREF_SET_SREG: .register(key), NFTNL_EXPR_OBJREF_SET_NAME: .text(set)])
    default: return nil
    }
  }

  var aboutState: Testimony? {
    switch self {
    case .counter(let it):
      return Testimony(
        "counter",
        [NFTNL_EXPR_CTR_PACKETS: .number(it.packets), NFTNL_EXPR_CTR_BYTES: .number(it.bytes)])
    case .last:
      var testimony = Testimony("last")
      testimony.isSilentOn = [NFTNL_EXPR_LAST_MSECS, NFTNL_EXPR_LAST_SET]
      return testimony
    case .log(let it):
      return Testimony(
        "log",
        [
          NFTNL_EXPR_LOG_PREFIX: it.prefix.map { .text($0) },
          NFTNL_EXPR_LOG_GROUP: it.group.map { .number($0) },
          NFTNL_EXPR_LOG_SNAPLEN: it.snapLength.map { .number($0) },
          NFTNL_EXPR_LOG_QTHRESHOLD: it.queueThreshold.map { .number($0) },
          NFTNL_EXPR_LOG_LEVEL: it.level.map { .number($0) },
          NFTNL_EXPR_LOG_FLAGS: it.flags.map { .number($0) },
        ])
    case .limit(let it):
      return Testimony(
        "limit",
        [
          NFTNL_EXPR_LIMIT_RATE: .number(it.rate), NFTNL_EXPR_LIMIT_UNIT: .number(it.unit),
          NFTNL_EXPR_LIMIT_BURST: .number(it.burst), NFTNL_EXPR_LIMIT_TYPE: .flag(it.countsBytes),
          NFTNL_EXPR_LIMIT_FLAGS: .flag(it.isOver),
        ])
    case .quota(let it):
      return Testimony(
        "quota",
        [
          NFTNL_EXPR_QUOTA_BYTES: .number(it.bytes), NFTNL_EXPR_QUOTA_FLAGS: .flag(it.isOver),
          NFTNL_EXPR_QUOTA_CONSUMED: .number(it.consumed),
        ])
    case .connectionLimit(let it):
      return Testimony(
        "connlimit",
        [
          NFTNL_EXPR_CONNLIMIT_COUNT: .number(it.count),
          NFTNL_EXPR_CONNLIMIT_FLAGS: .flag(it.isOver),
        ])
    default: return aboutNumbers
    }
  }

  private var aboutNumbers: Testimony? {
    switch self {
    case .numberGenerator(let it):
      return Testimony(
        "numgen",
        [
          NFTNL_EXPR_NG_DREG: .register(it.destination),
          NFTNL_EXPR_NG_MODULUS: .number(it.modulus), NFTNL_EXPR_NG_TYPE: .flag(it.isRandom),
          NFTNL_EXPR_NG_OFFSET: .number(it.offset),
        ])
    case .hash(let it):
      return Testimony(
        "hash",
        [
          NFTNL_EXPR_HASH_SREG: it.source.map { .register($0) },
          NFTNL_EXPR_HASH_DREG: .register(it.destination),
          NFTNL_EXPR_HASH_LEN: .number(it.length), NFTNL_EXPR_HASH_MODULUS: .number(it.modulus),
          NFTNL_EXPR_HASH_SEED: it.seed.map { .number($0) },
          NFTNL_EXPR_HASH_OFFSET: .number(it.offset),
          NFTNL_EXPR_HASH_TYPE: .flag(it.source == nil),
        ])
    default: return nil
    }
  }

  var aboutTranslation: Testimony? {
    func port(_ register: Register?) -> Fact? { register.map { .register($0) } }
    switch self {
    case .nat(let it):
      return Testimony(
        "nat",
        [
          NFTNL_EXPR_NAT_TYPE: .flag(it.isDestination),
          NFTNL_EXPR_NAT_FAMILY: .number(it.family == .v4 ? 2 : 10),
          NFTNL_EXPR_NAT_REG_ADDR_MIN: it.addressMin.map { .register($0) },
          NFTNL_EXPR_NAT_REG_ADDR_MAX: it.addressMax.map { .register($0) },
          NFTNL_EXPR_NAT_REG_PROTO_MIN: port(it.portMin),
          NFTNL_EXPR_NAT_REG_PROTO_MAX: port(it.portMax),
          NFTNL_EXPR_NAT_FLAGS: .number(it.flags.rawValue),
        ])
    case .masquerade(let it):
      return Testimony(
        "masq",
        [
          NFTNL_EXPR_MASQ_FLAGS: .number(it.flags.rawValue),
          NFTNL_EXPR_MASQ_REG_PROTO_MIN: port(it.portMin),
          NFTNL_EXPR_MASQ_REG_PROTO_MAX: port(it.portMax),
        ])
    case .redirect(let it):
      return Testimony(
        "redir",
        [
          NFTNL_EXPR_REDIR_REG_PROTO_MIN: port(it.portMin),
          NFTNL_EXPR_REDIR_REG_PROTO_MAX: port(it.portMax),
          NFTNL_EXPR_REDIR_FLAGS: .number(it.flags.rawValue),
        ])
    case .transparentProxy(let it):
      return Testimony(
        "tproxy",
        [
          NFTNL_EXPR_TPROXY_FAMILY: it.family.fact,
          NFTNL_EXPR_TPROXY_REG_ADDR: it.address.map { .register($0) },
          NFTNL_EXPR_TPROXY_REG_PORT: port(it.port),
        ])
    case .synproxy(let it):
      return Testimony(
        "synproxy",
        [
          NFTNL_EXPR_SYNPROXY_MSS: .number(it.mss),
          NFTNL_EXPR_SYNPROXY_WSCALE: .number(it.windowScale),
          NFTNL_EXPR_SYNPROXY_FLAGS: .number(it.flags),
        ])
    default: return nil
    }
  }

  /// What becomes of the packet; whatever is none of the others.
  var aboutFate: Testimony {
    switch self {
    case .reject(let it):
      return Testimony(
        "reject",
        [
          NFTNL_EXPR_REJECT_TYPE: .number(it.kind.rawValue),
          NFTNL_EXPR_REJECT_CODE: .number(it.code),
        ])
    case .queue(let it):
      return Testimony(
        "queue",
        [
          NFTNL_EXPR_QUEUE_NUM: it.source == nil ? .number(it.number) : nil,
          NFTNL_EXPR_QUEUE_TOTAL: it.source == nil ? .number(it.total) : nil,
          NFTNL_EXPR_QUEUE_FLAGS: .number(it.flags),
          NFTNL_EXPR_QUEUE_SREG_QNUM: it.source.map { .register($0) },
        ])
    case .notrack: return Testimony("notrack")
    case .duplicate(let it):
      return Testimony(
        "dup",
        [
          NFTNL_EXPR_DUP_SREG_ADDR: it.address.map { .register($0) },
          NFTNL_EXPR_DUP_SREG_DEV: it.device.map { .register($0) },
        ])
    case .forward(let it):
      return Testimony(
        "fwd",
        [
          NFTNL_EXPR_FWD_SREG_DEV: it.device.map { .register($0) },
          NFTNL_EXPR_FWD_SREG_ADDR: it.address.map { .register($0) },
          NFTNL_EXPR_FWD_NFPROTO: it.family.fact,
        ])
    case .flowOffload(let name):
      return Testimony("flow_offload", [NFTNL_EXPR_FLOW_TABLE_NAME: .text(name)])
    case .xtablesMatch(let it):
      return Testimony(
        "match",
        [
          NFTNL_EXPR_MT_NAME: .text(it.name), NFTNL_EXPR_MT_REV: .number(it.revision),
          NFTNL_EXPR_MT_INFO: .bytes(it.info),
        ])
    case .xtablesTarget(let it):
      return Testimony(
        "target",
        [
          NFTNL_EXPR_TG_NAME: .text(it.name), NFTNL_EXPR_TG_REV: .number(it.revision),
          NFTNL_EXPR_TG_INFO: .bytes(it.info),
        ])
    case .unknown(let it): return Testimony(it.name, [:])
    default: return Testimony("(no testimony)")
    }
  }
}

extension StatefulObject.Content {
  /// What our decoder found in an object, of the commonest types.
  var facts: [Int: Fact] {
    switch self {
    case .counter(let it):
      [NFTNL_OBJ_CTR_PKTS: .number(it.packets), NFTNL_OBJ_CTR_BYTES: .number(it.bytes)]
    case .quota(let it):
      [
        NFTNL_OBJ_QUOTA_BYTES: .number(it.bytes), NFTNL_OBJ_QUOTA_CONSUMED: .number(it.consumed),
        NFTNL_OBJ_QUOTA_FLAGS: .flag(it.isOver),
      ]
    case .limit(let it):
      [
        NFTNL_OBJ_LIMIT_RATE: .number(it.rate), NFTNL_OBJ_LIMIT_UNIT: .number(it.unit),
        NFTNL_OBJ_LIMIT_BURST: .number(it.burst), NFTNL_OBJ_LIMIT_TYPE: .flag(it.countsBytes),
        NFTNL_OBJ_LIMIT_FLAGS: .flag(it.isOver),
      ]
    case .synproxy(let it):
      [
        NFTNL_OBJ_SYNPROXY_MSS: .number(it.mss), NFTNL_OBJ_SYNPROXY_WSCALE: .number(it.windowScale),
        NFTNL_OBJ_SYNPROXY_FLAGS: .number(it.flags),
      ]
    default: [:]
    }
  }
}
