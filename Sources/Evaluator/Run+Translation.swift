internal import DecisionDiagram
internal import Model

/// What a packet's address and port may be translated to (`struct nf_nat_range2`).
struct TranslationRange {
  var low: SymbolicBytes?
  var high: SymbolicBytes?
  var lowPort: SymbolicBytes?
  var highPort: SymbolicBytes?
  var flags: NATFlags
}

extension Run {
  /// Asks the nat chains of a hook, as `nf_nat_inet_fn` does (net/netfilter/nf_nat_core.c).
  ///
  /// Only packets with a new or related connection are asked, once for each direction of
  /// translation.
  ///
  /// - Returns: the packets that go on.
  func translate(_ chains: [Int], _ set: Node) -> Node {
    let isDestination = hook == .prerouting || hook == .output
    undo(set, isDestination: isDestination)
    let classification = state.connection.classification
    guard classification == .new || classification == .related && !isICMP,
      state.connection.direction == .original
    else { return set }
    let bound =
      isDestination
      ? state.connection.destinationBound : state.connection.sourceBound
    var asked = diagram.subtract(diagram.and(set, state.connection.present), bound)
    var passed = diagram.subtract(set, asked)
    for chain in chains where asked != .never {
      let accepted = walk(base: chain, asked)
      let bound =
        isDestination
        ? state.connection.destinationBound : state.connection.sourceBound
      passed = diagram.or(passed, diagram.and(accepted, bound))
      asked = diagram.subtract(accepted, bound)
    }
    // Nobody bound them: they keep their addresses for good (a null binding).
    settle(asked, isDestination: isDestination)
    return diagram.or(passed, asked)
  }

  /// ICMP errors are translated as the connection is that they belong to; nobody is asked.
  private var isICMP: Bool {
    state.transport == TransportProtocol.icmp.rawValue
      || state.transport == TransportProtocol.icmpv6.rawValue
  }

  /// Translates a reply back.
  private func undo(_ set: Node, isDestination: Bool) {
    guard state.connection.direction == .reply else { return }
    let original =
      isDestination
      ? state.connection.undoSource : state.connection.undoDestination
    guard let original, set != .never else { return }
    let port = original.port.map { SymbolicBytes(Self.be16($0.number)) }
    translate(
      set, source: !isDestination, address: SymbolicBytes(original.address.bytes), port: port)
    if hook == .output { markForReroute(set) }
  }

  /// Settles a direction for packets, and notes it in the connection's status.
  private func settle(_ set: Node, isDestination: Bool) {
    guard set != .never else { return }
    if isDestination {
      state.connection.destinationBound = diagram.or(state.connection.destinationBound, set)
    } else {
      state.connection.sourceBound = diagram.or(state.connection.sourceBound, set)
    }
    addStatus(isDestination ? .destinationNATDone : .sourceNATDone, set)
  }

  func addStatus(_ status: ConntrackStatus, _ set: Node) {
    guard set != .never else { return }
    let old = state.connection.status
    let bits = SymbolicBytes(hostOrder: status.rawValue)
    if let known = old.constant, set == .always {
      state.connection.status = SymbolicBytes(zip(known, bits.bytes).map { $0 | $1 })
      return
    }
    state.connection.status = SymbolicBytes(
      nodes: (0..<32).map { bits.bit($0) == .always ? diagram.or(old.bit($0), set) : old.bit($0) })
  }

  /// Gives packets their translation (`nf_nat_setup_info`, `get_unique_tuple`).
  func bind(_ set: Node, isDestination: Bool, _ range: TranslationRange) {
    guard set != .never, let family = state.family else { return }
    let oldAddress = isDestination ? state.destination(family) : state.source(family)
    let newAddress = translatedAddress(oldAddress, range, isDestination: isDestination)
    var changed = Node.never
    if let newAddress {
      changed = diagram.and(set, differs(oldAddress, newAddress))
    }
    let moved = changed
    var newPort: SymbolicBytes?
    if state.hasPorts, let port = translatedPort(range, isDestination: isDestination) {
      let old = isDestination ? state.destinationPort : state.sourcePort
      changed = diagram.or(changed, diagram.and(set, differs(old, port)))
      newPort = diagram.choose(set, port, old)
    }
    let address = newAddress.map { diagram.choose(set, $0, oldAddress) }
    translate(set, source: !isDestination, address: address, port: newPort)
    updateReply(isDestination: isDestination, address: address, port: newPort)
    settle(set, isDestination: isDestination)
    addStatus(isDestination ? .destinationNAT : .sourceNAT, changed)
    // A new port alone asks for no new route (`nf_nat_ipv4_local_fn`).
    if isDestination, hook == .output { markForReroute(moved) }
  }

  private func updateReply(isDestination: Bool, address: SymbolicBytes?, port: SymbolicBytes?) {
    if let address {
      if isDestination {
        state.connection.reply.source = address
      } else {
        state.connection.reply.destination = address
      }
    }
    guard let port else { return }
    if isDestination {
      state.connection.reply.sourcePort = port
    } else {
      state.connection.reply.destinationPort = port
    }
  }

  private func differs(_ a: SymbolicBytes, _ b: SymbolicBytes) -> Node {
    if let constant = b.constant { return diagram.not(diagram.equal(a, constant)) }
    if let constant = a.constant { return diagram.not(diagram.equal(b, constant)) }
    if a == b { return .never }
    // Comparing two numbers of which nobody knows a bit takes a diagram as large as their range.
    let isUnknown = { (index: Int) in !a.bit(index).isConstant && !b.bit(index).isConstant }
    if (0..<min(a.count, b.count) * 8).filter(isUnknown).count > 8 {
      return fact(holds: "NAT picks another number", fails: "NAT happens to pick the same number")
    }
    return (0..<min(a.count, b.count) * 8).reduce(Node.never) {
      diagram.or($0, diagram.exclusiveOr(a.bit($1), b.bit($1)))
    }
  }

  /// The new address: the one given, netmap's, or for a range the one that the kernel's hash picks
  /// (`find_best_ips_proto`).
  private func translatedAddress(
    _ old: SymbolicBytes, _ range: TranslationRange, isDestination: Bool
  ) -> SymbolicBytes? {
    guard let low = range.low, let high = range.high else { return nil }
    if low == high { return low }
    guard let low = low.constant, let high = high.constant else {
      return unknownBytes("the address that NAT picks", count: old.count)
    }
    if range.flags.contains(.netmap) { return netmapped(old, low, high) }
    guard let family = state.family, let source = state.source(family).constant,
      let destination = state.destination(family).constant
    else { return unknownBytes("the address that NAT picks", count: old.count) }
    if !isDestination, !source.lexicographicallyPrecedes(low),
      !high.lexicographicallyPrecedes(source)
    {
      return old
    }
    return SymbolicBytes(
      AddressChoice(low: low, high: high, isPersistent: range.flags.contains(.persistent))
        .pick(source: source, destination: destination))
  }

  /// Keeps the host bits and takes the network's from the range: `mask = ~(low ^ high)`.
  private func netmapped(_ old: SymbolicBytes, _ low: [UInt8], _ high: [UInt8]) -> SymbolicBytes {
    SymbolicBytes(
      nodes: (0..<old.count * 8).map { index in
        let place: UInt8 = 0x80 >> UInt8(index & 7)
        let isHost = (low[index >> 3] ^ high[index >> 3]) & place != 0
        return isHost ? old.bit(index) : Node(low[index >> 3] & place != 0)
      })
  }

  /// The new port, or `nil` if it stays (`nf_nat_l4proto_unique_tuple`).
  private func translatedPort(_ range: TranslationRange, isDestination: Bool) -> SymbolicBytes? {
    let isRandom = range.flags.contains(.random) || range.flags.contains(.fullyRandom)
    guard let low = range.lowPort, let high = range.highPort else {
      guard isRandom, !isDestination else { return nil }
      return unknownBytes("the port that NAT picks", count: 2)
    }
    if low == high { return low }
    let old = isDestination ? state.destinationPort : state.sourcePort
    guard let first = low.constant, let last = high.constant else {
      return unknownBytes("the port that NAT picks", count: 2)
    }
    if !isRandom, !range.flags.contains(.offset) {
      let inside = diagram.within(old, first, last)
      if inside == .always { return nil }
      if isDestination { return diagram.choose(inside, old, SymbolicBytes(first)) }
      return diagram.choose(inside, old, unknownBytes("the port that NAT picks", count: 2))
    }
    if isDestination, !range.flags.contains(.fullyRandom), !range.flags.contains(.offset) {
      return SymbolicBytes(first)
    }
    return unknownBytes("the port that NAT picks", count: 2)
  }

  /// Own packets whose route must be looked up again, with the mark of this moment.
  func markForReroute(_ set: Node) {
    guard set != .never else { return }
    reroute = (diagram.or(reroute?.set ?? .never, set), state.mark)
    hasNewReroute = true
  }

  /// The new route is looked up at once, and what has none is dropped before the next chain
  /// (`nf_ip_route_me_harder`); chains of this hook go on seeing the old device.
  ///
  /// - Returns: the packets that still have a route.
  func dropUnroutable(_ set: Node) -> Node {
    guard hasNewReroute, let reroute else { return set }
    hasNewReroute = false
    var rest = set
    for branch in route(diagram.and(set, reroute.set), mark: reroute.mark, isArriving: false) {
      guard case .nowhere = branch.way else { continue }
      stop(branch)
      rest = diagram.subtract(rest, branch.set)
    }
    return rest
  }
}

/// Picks one address of a range as the kernel does: by a hash of the flow's addresses.
///
/// Source: `find_best_ips_proto`, net/netfilter/nf_nat_core.c. The hash has no secret.
struct AddressChoice {
  var low: [UInt8]
  var high: [UInt8]
  var isPersistent: Bool

  func pick(source: [UInt8], destination: [UInt8]) -> [UInt8] {
    let words = low.count / 4
    let padded = source + [UInt8](repeating: 0, count: 16 - source.count)
    let seed = isPersistent ? 0 : rawWord(destination, words - 1)
    var hash = JenkinsHash.hashWords((0..<4).map { rawWord(padded, $0) }, seed: seed)
    var result: [UInt8] = []
    var isFullRange = false
    for word in 0..<words {
      let minimum = isFullRange ? 0 : bigEndian(low, word)
      let distance = isFullRange ? UInt32.max : bigEndian(high, word) &- bigEndian(low, word) &+ 1
      let chosen = minimum &+ JenkinsHash.scale(hash, to: distance)
      result += (0..<4).reversed().map { UInt8(truncatingIfNeeded: chosen >> UInt32($0 * 8)) }
      if chosen != bigEndian(high, word) { isFullRange = true }
      if !isPersistent { hash ^= rawWord(destination, word) }
    }
    return result
  }

  private func rawWord(_ bytes: [UInt8], _ word: Int) -> UInt32 {
    (0..<4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[word * 4 + $1]) }
  }

  private func bigEndian(_ bytes: [UInt8], _ word: Int) -> UInt32 {
    (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[word * 4 + $1]) }
  }
}
