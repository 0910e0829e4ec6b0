internal import Model

extension ElementSet {
  /// Decodes NEWSET, without elements: `NFTA_SET_NAME` 2, `FLAGS` 3, `KEY_TYPE` 4, `KEY_LEN` 5,
  /// `DATA_TYPE` 6, `DATA_LEN` 7, `DESC` 9, `TIMEOUT` 11, `USERDATA` 13, `OBJ_TYPE` 15,
  /// `HANDLE` 16, `EXPR` 17, `EXPRESSIONS` 18, `COUNT` 20 (kernel 6.16 and later). Source:
  /// `nf_tables_fill_set`, net/netfilter/nf_tables_api.c.
  ///
  /// The elements are left `.onDemand` with the kernel's count.
  init(_ a: borrowing AttributeTable) throws(KernelError) {
    let (name, length) = try understood("set") { () throws(NotUnderstood) in
      (try a.string(2), try a.size(5))
    }
    self.init(name: name, keyLength: length)
    try understood("set") { () throws(NotUnderstood) in
      handle = try a.be64(16, or: 0)
      flags = Flags(rawValue: try a.be32(3, or: 0))
      keyType = try a.be32(4, or: 0)
      dataType = try a.be32(6, or: 0)
      dataLength = try a.size(7, or: 0)
      objectType = a.has(15) ? try a.be32(15) : nil
      timeout = a.has(11) ? try a.be64(11) : nil
      elements = .onDemand(count: a.has(20) ? try a.be32(20) : nil)
    }
    try describe(a.payload(9))
    if a.has(18) {
      expressions = try Expression.list(a.payload(18))
    } else if a.has(17) {
      expressions = [try Expression(a.payload(17))]
    }
    let userData = UserData(a.payload(13))
    keyByteOrder = userData.number(0)
    dataByteOrder = userData.number(1)
    comment = userData.text(7)
    mergesElements = userData.number(2) == 1
  }

  /// Decodes `NFTA_SET_DESC`: `SIZE` 1, `CONCAT` 2 {`NFTA_LIST_ELEM` {`NFTA_SET_FIELD_LEN` 1}}.
  private mutating func describe(_ bytes: Span<UInt8>) throws(KernelError) {
    let description = try AttributeTable(bytes)
    size = try understood("set") { () throws(NotUnderstood) in
      description.has(1) ? try description.be32(1) : nil
    }
    var fields = AttributeReader(description.payload(2))
    while let field = try fields.next() {
      let attributes = try AttributeTable(field.bytes)
      fieldLengths.append(
        try understood("set field") { () throws(NotUnderstood) in try attributes.size(1) })
    }
  }
}
