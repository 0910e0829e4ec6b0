internal import Model

extension Table {
  /// Decodes NEWTABLE: `NFTA_TABLE_NAME` 1, `FLAGS` 2 (1 dormant, 2 owner, 4 persist), `HANDLE` 4,
  /// `USERDATA` 6, `OWNER` 7. Source: `nf_tables_fill_table_info`, net/netfilter/nf_tables_api.c.
  init(_ message: borrowing NetlinkMessage) throws(KernelError) {
    let family = try message.family()
    let a = try message.nftablesAttributes()
    let name = try understood("table") { () throws(NotUnderstood) in try a.string(1) }
    self.init(family: family, name: name)
    try understood("table") { () throws(NotUnderstood) in
      handle = try a.be64(4, or: 0)
      let flags = try a.be32(2, or: 0)
      isDormant = flags & 1 != 0
      owner = a.has(7) ? try a.be32(7) : nil
    }
    comment = UserData(a.payload(6)).text(0)
  }
}
