internal import Model

extension RuleWalk {
  /// Expressions that put something into a register, or change what is there.
  mutating func load(_ expression: Expression) {
    if case .bitwise(let bitwise) = expression {
      load(bitwise)
    } else if case .byteOrder(let order) = expression {
      store(operand(order.source).adding(.swap), in: order.destination)
    } else if let loaded = Self.loaded(expression, keys: keys) {
      store(loaded.operand, in: loaded.register)
    }
  }

  private mutating func load(_ bitwise: Bitwise) {
    let source = operand(bitwise.source)
    let step: Operand.Step =
      switch bitwise.operation {
      case .maskXor(let mask, let xor): .mask(mask, xor: xor)
      case .leftShift(let count): .leftShift(count)
      case .rightShift(let count): .rightShift(count)
      case .and(let other): .combine("&", operand(other))
      case .or(let other): .combine("|", operand(other))
      case .xor(let other): .combine("^", operand(other))
      }
    store(source.adding(step, length: bitwise.length), in: bitwise.destination)
  }

  private static func loaded(
    _ expression: Expression, keys: (Register, Int) -> [Operand]
  ) -> (operand: Operand, register: Register)? {
    switch expression {
    case .payload(let payload):
      let source = Operand.Source.header(
        payload.base, offset: payload.offset, length: payload.length)
      return (Operand(source: source, length: payload.length), payload.destination)
    case .extensionHeader(let header):
      guard case .load(let register) = header.access else { return nil }
      let length = header.isPresenceTest ? 1 : header.length
      return (Operand(source: .option(header), length: length), register)
    case .meta(let meta):
      let (text, type) = HostSelectors.meta(meta.key)
      return (named(text, type), meta.destination)
    case .conntrack(let conntrack):
      let (text, type) = HostSelectors.conntrack(conntrack.key, conntrack.direction)
      return (named(text, type), conntrack.destination)
    case .routing(let routing):
      let (text, type) = HostSelectors.routing(routing.key)
      return (named(text, type), routing.destination)
    case .fib(let fib):
      let (text, type) = HostSelectors.fib(fib)
      return (named(text, type), fib.destination)
    case .socket(let socket):
      let (text, type) = HostSelectors.socket(socket)
      return (named(text, type), socket.destination)
    case .numberGenerator(let numbers):
      let text =
        "numgen \(numbers.isRandom ? "random" : "inc") mod \(numbers.modulus)"
        + (numbers.offset == 0 ? "" : " offset \(numbers.offset)")
      return (named(text, .integer(bits: 32, host: true)), numbers.destination)
    case .hash(let hash):
      guard let source = hash.source else {
        return (
          named("symhash" + hash.modulusText, .integer(bits: 32, host: true)), hash.destination
        )
      }
      let operand = Operand(
        source: .hashed(keys: keys(source, hash.length), hash), length: 4)
      return (operand, hash.destination)
    case .operatingSystem(let system):
      return (named(HostSelectors.operatingSystem(system), .string), system.destination)
    case .tunnel(let tunnel):
      let type = tunnel.key == 0 ? DataType.boolean : .integer(bits: 32, host: true)
      return (named("[tunnel \(tunnel.key == 0 ? "path" : "id")]", type), tunnel.destination)
    case .transform(let transform):
      let (text, type) = HostSelectors.transform(transform)
      return (named(text, type), transform.destination)
    case .inner(let inner): return InnerSelectors.loaded(inner)
    case .immediate, .compare, .range, .bitwise, .byteOrder, .payloadWrite, .metaWrite,
      .conntrackWrite, .lookup, .dynamicSet, .objectReference, .counter, .last, .log, .limit,
      .quota, .connectionLimit, .nat, .masquerade, .redirect, .transparentProxy, .synproxy, .reject,
      .queue, .notrack, .duplicate, .forward, .flowOffload, .xtablesMatch, .xtablesTarget,
      .unknown:
      return nil
    }
  }

  private static func named(_ text: String, _ type: DataType) -> Operand {
    Operand(source: .named(text, type), length: (type.bits + 7) / 8)
  }
}
