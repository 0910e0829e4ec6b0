internal import Model

/// Tables of xtables-legacy in nf_tables' terms, so that there is one evaluator for both: what
/// `ipt_do_table` does (net/ipv4/netfilter/ip_tables.c) is what `nft_do_chain` does with the
/// expressions that iptables-nft would write.
extension LegacyTable {
  /// The same table as chains of expressions. Handles are places within the table.
  var asTable: Table {
    var handle: UInt64 = 0
    let translated = chains.map { chain in
      Chain(
        name: chain.name, base: base(of: chain),
        rules: chain.rules.map { rule in
          handle += 1
          return Rule(handle: handle, expressions: rule.expressions(family))
        })
    }
    return Table(family: family == .v4 ? .ip : .ip6, name: name, chains: translated)
  }

  /// Sources: the `xt_table` of each module (net/ipv4/netfilter/iptable_filter.c and its siblings).
  private func base(of chain: LegacyChain) -> BaseChain? {
    guard let hook = chain.hook else { return nil }
    let kind: BaseChain.Kind
    let priority: Priority
    switch name {
    case "nat":
      kind = .nat
      priority = hook == .prerouting || hook == .output ? .destinationNAT : .sourceNAT
    case "mangle":
      // ipt_mangle_out: a changed mark, address or type of service asks for a new route.
      kind = hook == .output ? .route : .filter
      priority = .mangle
    case "raw": (kind, priority) = (.filter, .raw)
    case "security": (kind, priority) = (.filter, .security)
    default: (kind, priority) = (.filter, .filter)
    }
    return BaseChain(
      kind: kind, hook: hook, priority: priority, policy: chain.policy ?? .accept)
  }
}

extension LegacyRule {
  private static let register = Register.data(offset: 0)

  /// In the order of `ip_packet_match`; matches and target come last.
  func expressions(_ family: IPFamily) -> [Expression] {
    var list: [Expression] = []
    if let unknown {
      list.append(.unknown(UnknownExpression(name: "iptables-legacy", reason: unknown, bytes: [])))
    }
    let isV4 = family == .v4
    if let source { list += Self.test(source, at: isV4 ? 12 : 8) }
    if let destination { list += Self.test(destination, at: isV4 ? 16 : 24) }
    if let input { list += Self.test(input, .inputName) }
    if let output { list += Self.test(output, .outputName) }
    if let transport {
      list += [
        .meta(Meta(destination: Self.register, key: .transportProtocol)),
        Self.compare([UInt8(truncatingIfNeeded: transport.number)], transport.isInverted),
      ]
    }
    if let fragments {
      // Bits of the fragment's offset.
      list += [
        .payload(
          Payload(destination: Self.register, base: .network, offset: 6, length: 2)),
        Self.mask([0x1f, 0xff]), Self.compare([0, 0], fragments),
      ]
    }
    list += matches.map { .xtablesMatch($0) }
    switch target {
    case .verdict(.continue): break
    case .verdict(let verdict):
      list.append(.immediate(Immediate(destination: .verdict, value: .verdict(verdict))))
    case .xtables(let target): list.append(.xtablesTarget(target))
    }
    return list
  }

  private static func compare(_ data: [UInt8], _ isInverted: Bool) -> Expression {
    .compare(
      Compare(source: register, operation: isInverted ? .notEqual : .equal, data: data))
  }

  private static func mask(_ mask: [UInt8]) -> Expression {
    .bitwise(
      Bitwise(
        source: register, destination: register, length: mask.count,
        operation: .maskXor(mask: mask, xor: mask.map { _ in 0 })))
  }

  private static func test(_ match: AddressMatch, at offset: Int) -> [Expression] {
    let load = Expression.payload(
      Payload(
        destination: register, base: .network, offset: offset, length: match.address.count))
    let comparison = compare(match.address, match.isInverted)
    if match.mask.allSatisfy({ $0 == 0xff }) { return [load, comparison] }
    return [load, mask(match.mask), comparison]
  }

  private static func test(_ match: InterfaceMatch, _ key: MetaKey) -> [Expression] {
    let name = Array(match.name.utf8.prefix(16))
    let data = match.isPrefix || name.count == 16 ? name : name + [0]
    return [.meta(Meta(destination: register, key: key)), compare(data, match.isInverted)]
  }
}
