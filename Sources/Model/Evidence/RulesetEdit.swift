/// A change to a ruleset that would let a packet through: to be evaluated, and shown, never
/// applied.
package struct RulesetEdit: Hashable, Sendable {
  package enum Change: Hashable, Sendable {
    /// An accepting rule before the one with this handle.
    case insertBefore(handle: UInt64, Acceptance)
    /// An accepting rule as the chain's first.
    case insertFirst(Acceptance)
    /// An accepting rule as the chain's last.
    case append(Acceptance)
    /// Without the rule with this handle: what lifting a ban amounts to for the banned source.
    case delete(handle: UInt64)
  }

  package var family: Family
  package var table: String
  package var chain: String
  package var change: Change
  /// What a person types to make it so: `nft insert rule ...`, `ufw allow 4505/tcp`.
  package var command: String

  package init(
    family: Family, table: String, chain: String, change: Change, command: String
  ) {
    self.family = family
    self.table = table
    self.chain = chain
    self.change = change
    self.command = command
  }

  /// The ruleset with the change made, `nil` when the table, chain or handle is not there.
  package func applied(to ruleset: Ruleset) -> Ruleset? {
    guard
      let t = ruleset.tables.firstIndex(where: { $0.family == family && $0.name == table }),
      let c = ruleset.tables[t].chains.firstIndex(where: { $0.name == chain })
    else { return nil }
    var edited = ruleset
    var rules = edited.tables[t].chains[c].rules
    // Handles of a table count up: a new rule's is above every other.
    let highest = edited.tables[t].chains.flatMap(\.rules).map(\.handle).max() ?? 0
    let handle = highest == .max ? highest : highest + 1
    switch change {
    case .insertBefore(let position, let acceptance):
      guard let index = rules.firstIndex(where: { $0.handle == position }) else { return nil }
      rules.insert(acceptance.rule(handle: handle), at: index)
    case .insertFirst(let acceptance):
      rules.insert(acceptance.rule(handle: handle), at: 0)
    case .append(let acceptance):
      rules.append(acceptance.rule(handle: handle))
    case .delete(let position):
      guard let index = rules.firstIndex(where: { $0.handle == position }) else { return nil }
      rules.remove(at: index)
    }
    edited.tables[t].chains[c].rules = rules
    return edited
  }
}

extension RulesetEdit {
  /// What an accepting rule matches.
  package enum Acceptance: Hashable, Sendable {
    /// Packets to this port, from `source` only if said.
    case destinationPort(TransportProtocol, Port, source: IPAddress?)
    /// Packets from this port, to `destination` only if said: answers.
    case sourcePort(TransportProtocol, Port, destination: IPAddress?)
    /// `ct state established,related`: answers, where connections are tracked.
    case establishedAndRelated

    /// The rule, with the expressions that nft makes of it.
    func rule(handle: UInt64) -> Rule {
      var expressions: [Expression] = []
      switch self {
      case .destinationPort(let transport, let port, let source):
        // `saddr` stands at byte 12 of the IPv4 header (RFC 791), at byte 8 of IPv6's (RFC 8200).
        if let source {
          expressions += Self.match(source, offset: source.family == .v4 ? 12 : 8)
        }
        expressions += Self.match(transport, port, offset: 2)
      case .sourcePort(let transport, let port, let destination):
        if let destination {
          expressions += Self.match(destination, offset: destination.family == .v4 ? 16 : 24)
        }
        expressions += Self.match(transport, port, offset: 0)
      case .establishedAndRelated:
        let states = ConntrackState.established.rawValue | ConntrackState.related.rawValue
        expressions = [
          .conntrack(Conntrack(destination: Self.register, key: .state)),
          .bitwise(
            Bitwise(
              source: Self.register, destination: Self.register, length: 4,
              operation: .maskXor(mask: Self.hostOrder(states), xor: [0, 0, 0, 0]))),
          .compare(
            Compare(source: Self.register, operation: .notEqual, data: [0, 0, 0, 0])),
        ]
      }
      expressions.append(.immediate(Immediate(destination: .verdict, value: .verdict(.accept))))
      return Rule(handle: handle, expressions: expressions)
    }

    /// The first data register, `NFT_REG_1`.
    private static let register = Register.data(offset: 0)

    private static func hostOrder(_ value: UInt32) -> [UInt8] {
      let isLittle = UInt32(1).littleEndian == 1
      let bytes = (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
      return isLittle ? bytes : bytes.reversed()
    }

    private static func match(_ address: IPAddress, offset: Int) -> [Expression] {
      [
        .meta(Meta(destination: register, key: .networkFamily)),
        .compare(Compare(source: register, operation: .equal, data: [address.family.rawValue])),
        .payload(
          Payload(
            destination: register, base: .network, offset: offset,
            length: address.family.addressLength)),
        .compare(Compare(source: register, operation: .equal, data: address.bytes)),
      ]
    }

    private static func match(
      _ transport: TransportProtocol, _ port: Port, offset: Int
    ) -> [Expression] {
      [
        .meta(Meta(destination: register, key: .transportProtocol)),
        .compare(Compare(source: register, operation: .equal, data: [transport.rawValue])),
        .payload(Payload(destination: register, base: .transport, offset: offset, length: 2)),
        .compare(
          Compare(
            source: register, operation: .equal,
            data: [UInt8(port.number >> 8), UInt8(truncatingIfNeeded: port.number)])),
      ]
    }
  }
}
