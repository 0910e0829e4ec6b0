internal import Model

extension Element {
  /// Decodes one element of NEWSETELEM: `NFTA_SET_ELEM_KEY` 1, `DATA` 2, `FLAGS` 3 (1 interval end,
  /// 2 catch-all), `TIMEOUT` 4, `EXPIRATION` 5, `USERDATA` 6, `EXPR` 7, `OBJREF` 9, `KEY_END` 10,
  /// `EXPRESSIONS` 11. Source: `nf_tables_fill_setelem`, net/netfilter/nf_tables_api.c.
  init(_ a: borrowing AttributeTable) throws(KernelError) {
    let key = try understood("element") { () throws(NotUnderstood) in
      a.has(1) ? try a.value(1) : nil
    }
    self.init(key: key)
    // Most elements of large sets have a key only.
    guard a.present & ~0b10 != 0 else { return }
    try understood("element") { () throws(NotUnderstood) in
      let flags = try a.flags(3, known: 3)
      guard key != nil || flags & 2 != 0 else { throw NotUnderstood(reason: "no key") }
      isIntervalEnd = flags & 1 != 0
      keyEnd = a.has(10) ? try a.value(10) : nil
      timeout = a.has(4) ? try a.be64(4) : nil
      expiration = a.has(5) ? try a.be64(5) : nil
      object = a.has(9) ? try a.string(9) : nil
      if a.has(2) { data = try Data(try a.nested(2)) }
    }
    if a.has(11) {
      expressions = try Expression.list(a.payload(11))
    } else if a.has(7) {
      expressions = [try Expression(a.payload(7))]
    }
    if a.has(6) { comment = UserData(a.payload(6)).text(0) }
  }

  /// Appends the elements of a NEWSETELEM message: `NFTA_SET_ELEM_LIST_ELEMENTS` 3. The kernel ends
  /// a dump with an empty list.
  static func append(
    from message: borrowing NetlinkMessage, to elements: inout [Element]
  ) throws(KernelError) {
    let a = try message.nftablesAttributes()
    var list = AttributeReader(a.payload(3))
    while let element = try list.next() {
      elements.append(try Element(AttributeTable(element.bytes)))
    }
  }
}

extension Element.Data {
  /// Decodes `struct nft_data`: `NFTA_DATA_VALUE` 1 or `NFTA_DATA_VERDICT` 2.
  fileprivate init(_ a: borrowing AttributeTable) throws(NotUnderstood) {
    if a.has(1) {
      self = .value(try a.copy(1))
    } else {
      self = .verdict(try Verdict(a))
    }
  }
}
