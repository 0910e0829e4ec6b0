internal import DecisionDiagram
internal import Model

extension Run {
  /// A token bucket, whose level no dump tells. Source: net/netfilter/nft_limit.c.
  func evaluate(_ limit: Limit) -> Node {
    let unit =
      switch limit.unit {
      case 1: "second"
      case 60: "minute"
      case 3600: "hour"
      case 86400: "day"
      case 604_800: "week"
      default: "\(limit.unit) seconds"
      }
    let rate = "limit rate \(limit.rate)\(limit.countsBytes ? " bytes" : "")/\(unit)"
    let within = fact(holds: "\(rate) is not exceeded", fails: "\(rate) is exceeded")
    return limit.isOver ? diagram.not(within) : within
  }

  /// The dump tells what is spent. Source: net/netfilter/nft_quota.c.
  func evaluate(_ quota: Quota) -> Node {
    let (sum, overflow) = quota.consumed.addingReportingOverflow(UInt64(state.network.count))
    return Node((overflow || sum > quota.bytes) == quota.isOver)
  }

  /// The packet's own connection counts. Source: net/netfilter/nft_connlimit.c.
  func evaluate(_ limit: ConnectionLimit) -> Node {
    if limit.count == 0 { return Node(limit.isOver) }
    let within = fact(
      holds: "at most \(limit.count) connections are open",
      fails: "more than \(limit.count) connections are open")
    return limit.isOver ? diagram.not(within) : within
  }

  /// Source: net/netfilter/nft_numgen.c.
  func evaluate(_ generator: NumberGenerator) -> Node {
    let kind = generator.isRandom ? "random" : "inc"
    let value = number(
      below: generator.modulus, plus: generator.offset,
      name: "numgen \(kind) mod \(generator.modulus)")
    registers.store(value, at: generator.destination)
    return .always
  }

  /// Source: net/netfilter/nft_hash.c.
  func evaluate(_ hash: Hash) -> Node {
    if let source = hash.source, let seed = hash.seed,
      let bytes = load(source, count: hash.length).constant
    {
      let scaled = JenkinsHash.scale(JenkinsHash.hash(bytes, seed: seed), to: hash.modulus)
      registers.store(SymbolicBytes(hostOrder: scaled &+ hash.offset), at: hash.destination)
      return .always
    }
    let name = "\(hash.source == nil ? "symhash" : "jhash") mod \(hash.modulus)"
    registers.store(
      number(below: hash.modulus, plus: hash.offset, name: name), at: hash.destination)
    return .always
  }

  /// A number below `modulus` that nobody can know, in host order. Values that can't occur are
  /// folded into those that can.
  private func number(below modulus: UInt32, plus offset: UInt32, name: String) -> SymbolicBytes {
    guard modulus > 1 else { return SymbolicBytes(hostOrder: offset) }
    let bits = 32 - (modulus - 1).leadingZeroBitCount
    let nodes = undecided.quantity(
      name, bits: bits, likely: UInt64(modulus / 2), in: diagram)
    var wide = [Node](repeating: .never, count: 32 - bits) + nodes
    let raw = SymbolicBytes(nodes: wide)
    let fits = diagram.less(raw, Self.bigEndian(modulus))
    if fits != .always, !nodes.isEmpty {
      // Half the range always fits: without the highest bit the number is below the modulus.
      wide[32 - bits] = diagram.and(nodes[0], fits)
    }
    let number = offset == 0 ? SymbolicBytes(nodes: wide) : sum(SymbolicBytes(nodes: wide), offset)
    return reversed(number)
  }

  /// Addition of a constant to a big-endian number.
  private func sum(_ number: SymbolicBytes, _ constant: UInt32) -> SymbolicBytes {
    var carry = Node.never
    var bits = [Node](repeating: .never, count: 32)
    for place in (0..<32).reversed() {
      let a = number.bit(place)
      let b = Node(constant >> UInt32(31 - place) & 1 == 1)
      let half = diagram.exclusiveOr(a, b)
      bits[place] = diagram.exclusiveOr(half, carry)
      carry = diagram.or(diagram.and(a, b), diagram.and(half, carry))
    }
    return SymbolicBytes(nodes: bits)
  }

  private func reversed(_ number: SymbolicBytes) -> SymbolicBytes {
    var result = number
    for index in 0..<number.count {
      result.write(number[index..<index + 1], at: number.count - 1 - index)
    }
    return result
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
  }
}
