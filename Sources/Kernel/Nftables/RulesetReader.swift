package import Model

/// Reads nf_tables' ruleset of the calling thread's network namespace, under one generation.
package struct RulesetReader {
  /// How often a ruleset that changes meanwhile is read again.
  private static let attempts = 10

  package init() {}

  /// Reads the ruleset.
  ///
  /// - Throws: `KernelError.unavailable` where the kernel has no nf_tables, `.call` with EPERM
  ///   without CAP_NET_ADMIN, `.unstable` if it changed during each of ten attempts.
  package func read(_ scope: RulesetScope) throws(KernelError) -> Ruleset {
    var socket = try NetlinkSocket.nftables()
    for _ in 0..<Self.attempts {
      let before = try socket.generation()
      var draft = RulesetDraft()
      do throws(KernelError) {
        guard try socket.read(scope, into: &draft) == .consistent else { continue }
      } catch .call(_, .noBuffers, _) {
        // Part of the answer was lost; the socket opens itself anew.
        continue
      } catch {
        // An object that vanished between two dumps gives ENOENT; with the generation changed that
        // only means that the attempt failed.
        guard try socket.generation() != before else { throw error }
        continue
      }
      // An empty ruleset was read in a single dump.
      if draft.tables.isEmpty { return Ruleset(generation: before) }
      if try socket.generation() == before {
        return Ruleset(generation: before, tables: draft.tables)
      }
    }
    throw .unstable(what: "the ruleset", attempts: Self.attempts)
  }
}

extension NetlinkSocket {
  /// Opens a socket for nf_tables in the calling thread's network namespace.
  static func nftables() throws(KernelError) -> NetlinkSocket {
    do throws(KernelError) {
      return try NetlinkSocket(.netfilter)
    } catch .call(_, .protocolNotSupported, _) {
      throw .unavailable(what: "nf_tables", hint: "the kernel has no NETLINK_NETFILTER")
    }
  }

  /// The ruleset's generation id (`NFTA_GEN_ID`, 1), which each committed transaction raises.
  mutating func generation() throws(KernelError) -> UInt32 {
    var generation: UInt32?
    do throws(KernelError) {
      let request = NftablesMessage.getGeneration.request(dump: false)
      try self.request(request, "reading the ruleset") { (message) throws(KernelError) in
        guard message.type == NftablesMessage.newGeneration.type else { return }
        let a = try message.nftablesAttributes()
        generation = try understood("generation") { () throws(NotUnderstood) in try a.be32(1) }
      }
    } catch .call(_, let error, _)
      where error == .invalid || error == .notSupported || error == .protocolNotSupported
    {
      // nfnetlink answers a request to a subsystem that is not registered with EINVAL.
      throw .unavailable(what: "nf_tables", hint: "is the module nf_tables loaded?")
    }
    guard let generation else {
      throw .malformed(what: "ruleset", path: "generation", offset: 0)
    }
    return generation
  }

  /// Reads the ruleset once, in as few dumps as the scope allows.
  fileprivate mutating func read(
    _ scope: RulesetScope, into draft: inout RulesetDraft
  ) throws(KernelError) -> DumpConsistency {
    var consistency = DumpConsistency.consistent
    try dump(.getTable, .newTable, &consistency) { (message) throws(KernelError) in
      try draft.add(table: message)
    }
    if draft.tables.isEmpty { return consistency }
    try dump(.getChain, .newChain, &consistency) { (message) throws(KernelError) in
      try draft.add(chain: message)
    }
    try dump(.getRule, .newRule, &consistency) { (message) throws(KernelError) in
      try draft.add(rule: message)
    }
    draft.finishChain()
    try dump(.getSet, .newSet, &consistency) { (message) throws(KernelError) in
      try draft.add(set: message)
    }
    if scope == .everything || draft.usesObjects {
      try dump(.getObject, .newObject, &consistency) { (message) throws(KernelError) in
        try draft.add(object: message)
      }
    }
    if scope == .everything || draft.usesFlowtables {
      try dump(.getFlowtable, .newFlowtable, &consistency) { (message) throws(KernelError) in
        try draft.add(flowtable: message)
      }
    }
    try readElements(scope, of: &draft, &consistency)
    return consistency
  }

  /// Dumps the objects of one kind in all families.
  private mutating func dump(
    _ get: NftablesMessage, _ new: NftablesMessage, _ consistency: inout DumpConsistency,
    _ body: (borrowing NetlinkMessage) throws(KernelError) -> Void
  ) throws(KernelError) {
    let outcome = try dump(get.request(dump: true), "reading the ruleset") {
      (message) throws(KernelError) in
      if message.type == new.type { try body(message) }
    }
    if outcome == .interrupted { consistency = .interrupted }
  }

  /// Reads the elements of the sets that the scope wants.
  private mutating func readElements(
    _ scope: RulesetScope, of draft: inout RulesetDraft, _ consistency: inout DumpConsistency
  ) throws(KernelError) {
    for (tableIndex, table) in draft.tables.enumerated() {
      for (setIndex, set) in table.sets.enumerated() {
        let reference = SetReference(family: table.family, table: table.name, name: set.name)
        guard let limit = scope.elementLimit(of: set, isUsed: draft.usedSets.contains(reference))
        else { continue }
        do throws(KernelError) {
          let elements = try elements(of: reference, limit: limit, &consistency)
          draft.setElements(elements, table: tableIndex, set: setIndex)
        } catch .tooLarge(what: "set", _) {
          continue
        } catch .malformed {
          // Elements that are not understood: each question for one will say so.
          continue
        }
      }
    }
  }

  /// Dumps the elements of one set; more than `limit` throw `KernelError.tooLarge`.
  private mutating func elements(
    of set: SetReference, limit: Int, _ consistency: inout DumpConsistency
  ) throws(KernelError) -> [Element] {
    var request = NftablesMessage.getElement.request(set.family, dump: true)
    request.append(1, string: set.table)
    request.append(2, string: set.name)
    var elements: [Element] = []
    let outcome = try dump(request, "reading the set \(set.name)") {
      (message) throws(KernelError) in
      guard message.type == NftablesMessage.newElement.type else { return }
      try Element.append(from: message, to: &elements)
      if elements.count > limit { throw .tooLarge(what: "set", limit: limit) }
    }
    if outcome == .interrupted { consistency = .interrupted }
    return elements
  }
}

extension RulesetScope {
  /// How many elements of a set are read at most, `nil` for none.
  fileprivate func elementLimit(of set: ElementSet, isUsed: Bool) -> Int? {
    if self == .everything { return .max }
    guard isUsed else { return nil }
    if set.flags.contains(.anonymous) { return .max }
    // Kernels before 6.16 do not say how many there are: then the dump is given up on the way.
    guard case .onDemand(let count?) = set.elements else { return 2 * Int(Self.elementLimit) }
    return count <= Self.elementLimit ? .max : nil
  }
}
