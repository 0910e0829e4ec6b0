/// Everything nf_tables holds in one network namespace, as of one generation.
package struct Ruleset: Hashable, Sendable {
  /// The kernel's generation id (`NFTA_GEN_ID`); 0 when unknown.
  package var generation: UInt32
  /// In the order of the kernel's dump.
  package var tables: [Table]

  package init(generation: UInt32 = 0, tables: [Table] = []) {
    self.generation = generation
    self.tables = tables
  }

  package func table(_ family: Family, _ name: String) -> Table? {
    tables.first { $0.family == family && $0.name == name }
  }
}

/// A table: the name space of its chains, sets, objects and flowtables.
package struct Table: Hashable, Sendable {
  package var family: Family
  package var name: String
  package var handle: UInt64
  /// `NFT_TABLE_F_DORMANT`: none of its base chains is registered.
  package var isDormant: Bool
  /// `NFT_TABLE_F_OWNER`: it belongs to the process with `owner` as netlink port.
  package var owner: UInt32?
  package var comment: String?
  package var chains: [Chain]
  package var sets: [ElementSet]
  package var objects: [StatefulObject]
  package var flowtables: [Flowtable]

  package init(
    family: Family, name: String, handle: UInt64 = 0, isDormant: Bool = false,
    owner: UInt32? = nil, comment: String? = nil, chains: [Chain] = [], sets: [ElementSet] = [],
    objects: [StatefulObject] = [], flowtables: [Flowtable] = []
  ) {
    self.family = family
    self.name = name
    self.handle = handle
    self.isDormant = isDormant
    self.owner = owner
    self.comment = comment
    self.chains = chains
    self.sets = sets
    self.objects = objects
    self.flowtables = flowtables
  }

  package func chain(_ name: String) -> Chain? { chains.first { $0.name == name } }
  package func set(_ name: String) -> ElementSet? { sets.first { $0.name == name } }
}
