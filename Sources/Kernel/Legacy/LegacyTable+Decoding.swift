internal import Model

extension LegacyTable {
  /// Decodes the entries of `IPT_SO_GET_ENTRIES`.
  ///
  /// A user chain starts after an ERROR target that carries its name and ends with an entry that
  /// returns; a base chain starts where the layout says and ends with the policy's entry. Jumps go
  /// to byte offsets. Source: `ipt_do_table` and `translate_table`,
  /// net/ipv4/netfilter/ip_tables.c.
  init(
    _ family: IPFamily, _ name: String, _ layout: LegacyTableLayout, _ bytes: Span<UInt8>
  ) throws(KernelError) {
    self.init(family: family, name: name)
    let entries = try LegacyEntry.all(bytes, family)
    var names: [Int: String] = [:]
    for range in layout.hooks { names[range.start] = Self.baseName(range.hook) }
    for entry in entries {
      if let error = entry.errorName { names[entry.end] = error }
    }
    var current: LegacyChain?
    for entry in entries {
      if let range = layout.hooks.first(where: { $0.start == entry.start }) {
        if let current { chains.append(current) }
        current = LegacyChain(name: Self.baseName(range.hook), hook: range.hook)
      }
      if let error = entry.errorName {
        if let finished = current { chains.append(finished) }
        current = entry.end < bytes.count ? LegacyChain(name: error) : nil
        continue
      }
      if let range = layout.hooks.first(where: { $0.policy == entry.start }) {
        guard current?.hook == range.hook else {
          throw .malformed(what: "legacy table", path: "policy", offset: entry.start)
        }
        current?.policy = entry.standardVerdict == -1 ? .drop : .accept
        continue
      }
      current?.rules.append(try entry.rule(bytes, family, names))
    }
    for index in chains.indices where chains[index].hook == nil { chains[index].dropReturn() }
  }

  private static func baseName(_ hook: Hook) -> String { hook.name.uppercased() }
}

extension LegacyChain {
  /// Takes the entry away that ends every user chain: an unconditional return, which is implied.
  fileprivate mutating func dropReturn() {
    if rules.last == LegacyRule(target: .verdict(.return)) { rules.removeLast() }
  }
}

/// The outline of one `struct ipt_entry` or `ip6t_entry`.
struct LegacyEntry {
  /// Where the fields are that differ between the families, in bytes (include/uapi/linux/
  /// netfilter_ipv4/ip_tables.h, netfilter_ipv6/ip6_tables.h, on 64-bit machines).
  struct Fields {
    let address: Int
    let interfaces: Int
    let transport: Int
    let flags: Int
    let inverted: Int
    let targetOffset: Int
    let matches: Int

    static let v4 = Self(
      address: 4, interfaces: 16, transport: 80, flags: 82, inverted: 83, targetOffset: 88,
      matches: 112)
    static let v6 = Self(
      address: 16, interfaces: 64, transport: 128, flags: 131, inverted: 132, targetOffset: 140,
      matches: 168)

    static func of(_ family: IPFamily) -> Fields { family == .v4 ? .v4 : .v6 }
  }

  let start: Int
  let end: Int
  let target: Int
  let targetName: String
  /// The verdict of a standard target, as `-verdict - 1` or an offset.
  let standardVerdict: Int32?
  /// The name that an ERROR target carries.
  let errorName: String?

  /// Splits a table into entries.
  static func all(
    _ bytes: Span<UInt8>, _ family: IPFamily
  ) throws(KernelError) -> [LegacyEntry] {
    var entries: [LegacyEntry] = []
    var position = 0
    while position < bytes.count {
      let entry = try LegacyEntry(bytes, at: position, Fields.of(family))
      entries.append(entry)
      position = entry.end
    }
    return entries
  }

  private init(_ bytes: Span<UInt8>, at start: Int, _ fields: Fields) throws(KernelError) {
    let targetOffset = try bytes.host16(at: start + fields.targetOffset)
    let next = try bytes.host16(at: start + fields.targetOffset + 2)
    // A target is at least its header: u16 size, name of 29 bytes, u8 revision.
    guard targetOffset >= fields.matches, next >= targetOffset + 32, next <= bytes.count - start
    else { throw .malformed(what: "legacy table", path: "entry", offset: start) }
    self.start = start
    end = start + next
    target = start + targetOffset
    targetName = try bytes.part(at: target + 2, count: 29).text()
    standardVerdict =
      targetName.isEmpty ? Int32(bitPattern: try bytes.host32(at: target + 32)) : nil
    errorName =
      targetName == "ERROR" ? try bytes.part(at: target + 32, count: end - target - 32).text() : nil
  }
}
