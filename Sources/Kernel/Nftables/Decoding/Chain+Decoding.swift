internal import Model

extension Chain {
  /// Decodes NEWCHAIN, without rules: `NFTA_CHAIN_HANDLE` 2, `NAME` 3, `HOOK` 4, `POLICY` 5,
  /// `TYPE` 7, `FLAGS` 10, `USERDATA` 12. Source: `nf_tables_fill_chain_info`,
  /// net/netfilter/nf_tables_api.c.
  init(_ a: borrowing AttributeTable, family: Family) throws(KernelError) {
    let name = try understood("chain") { () throws(NotUnderstood) in try a.string(3) }
    self.init(name: name)
    try understood("chain") { () throws(NotUnderstood) in
      handle = try a.be64(2, or: 0)
      flags = try a.be32(10, or: 0)
    }
    if a.has(4) { base = try BaseChain(a, family: family) }
    comment = UserData(a.payload(12)).text(0)
  }
}

extension BaseChain {
  /// Decodes the parts of NEWCHAIN that a base chain has; `NFTA_HOOK_HOOKNUM` 1, `PRIORITY` 2,
  /// `DEV` 3, `DEVS` 4.
  ///
  /// - Throws: `KernelError.malformed` for a hook that this version does not know: where such a
  ///   chain runs can't be said, so neither can what the ruleset does.
  fileprivate init(_ a: borrowing AttributeTable, family: Family) throws(KernelError) {
    let spec = try AttributeTable(a.payload(4))
    let number = try understood("hook") { () throws(NotUnderstood) in try spec.be32(1) }
    guard let hook = Hook(number: number, family: family) else {
      throw .malformed(
        what: "ruleset", path: "chain: hook \(number) of family \(family.name)", offset: 0)
    }
    let kind = try understood("chain") { () throws(NotUnderstood) in try a.string(7) }
    let (priority, policy) = try understood("hook") { () throws(NotUnderstood) in
      let policy: Policy = try a.choice(5, "policy", or: Policy.accept.rawValue)
      return (Int32(bitPattern: try spec.be32(2)), policy)
    }
    self.init(
      kind: Kind(name: kind), hook: hook, priority: Priority(rawValue: priority), policy: policy)
    devices = try DeviceList.names(spec.payload(4))
    if devices.isEmpty, spec.has(3) { devices = [spec.payload(3).text()] }
  }
}

/// A list of devices: `NFTA_DEVICE_NAME` (1), or since kernel 6.16 `NFTA_DEVICE_PREFIX` (2), shown
/// as nft writes it: with a `*`.
enum DeviceList {
  static func names(_ bytes: Span<UInt8>) throws(KernelError) -> [String] {
    var names: [String] = []
    var list = AttributeReader(bytes)
    while let device = try list.next() {
      names.append(device.type == 2 ? device.string() + "*" : device.string())
    }
    return names
  }
}

extension Flowtable {
  /// Decodes NEWFLOWTABLE: `NFTA_FLOWTABLE_NAME` 2, `HOOK` 3 {`NUM` 1, `PRIORITY` 2, `DEVS` 3},
  /// `HANDLE` 5, `FLAGS` 7. Source: `nf_tables_fill_flowtable_info`,
  /// net/netfilter/nf_tables_api.c.
  init(_ a: borrowing AttributeTable) throws(KernelError) {
    let name = try understood("flowtable") { () throws(NotUnderstood) in try a.string(2) }
    self.init(name: name)
    let spec = try AttributeTable(a.payload(3))
    try understood("flowtable") { () throws(NotUnderstood) in
      handle = try a.be64(5, or: 0)
      flags = try a.be32(7, or: 0)
      priority = Int32(bitPattern: try spec.be32(2, or: 0))
    }
    devices = try DeviceList.names(spec.payload(3))
  }
}
