internal import Model

/// What nf_tables' attributes have in common.
extension AttributeTable {
  /// A register number; `nil` if the attribute is absent.
  func registerIfPresent(_ type: Int) throws(NotUnderstood) -> Register? {
    has(type) ? try register(type) : nil
  }

  /// A register number.
  func register(_ type: Int) throws(NotUnderstood) -> Register {
    let number = try be32(type)
    guard let register = Register(number: number) else {
      throw NotUnderstood(reason: "register \(number)")
    }
    return register
  }

  /// The bytes of a `struct nft_data` that is a value (`NFTA_DATA_VALUE`).
  func value(_ type: Int) throws(NotUnderstood) -> [UInt8] {
    guard has(type) else { throw NotUnderstood(reason: "no attribute \(type)") }
    let data = try nested(type)
    guard data.has(1), !data.has(2) else {
      throw NotUnderstood(reason: "attribute \(type) is no value")
    }
    return try data.copy(1)
  }

  /// A value of an enumeration of which only some are known.
  func choice<Value: RawRepresentable<UInt32>>(
    _ type: Int, _ word: StaticString, or absent: UInt32? = nil
  ) throws(NotUnderstood) -> Value {
    let number = absent != nil && !has(type) ? absent ?? 0 : try be32(type)
    guard let value = Value(rawValue: number) else {
      throw NotUnderstood(reason: "\(word) \(number)")
    }
    return value
  }

  /// An offset or length in bytes: the kernel keeps them in a byte (`nft_parse_u32_check` with
  /// `U8_MAX`), and no register holds more.
  func size(_ type: Int, or absent: UInt32? = nil) throws(NotUnderstood) -> Int {
    let number = absent != nil && !has(type) ? absent ?? 0 : try be32(type)
    guard number <= UInt8.max else { throw NotUnderstood(reason: "size \(number)") }
    return Int(number)
  }

  /// The IP family of an `NFPROTO_*` number, `nil` for none.
  func family(_ type: Int) throws(NotUnderstood) -> IPFamily? {
    switch try be32(type, or: 0) {
    case 0: nil
    case 2: .v4
    case 10: .v6
    case let other: throw NotUnderstood(reason: "family \(other)")
    }
  }

  /// The attributes inside one; malformed ones are not understood.
  @_lifetime(copy self)
  func nested(_ type: Int) throws(NotUnderstood) -> AttributeTable {
    do {
      return try AttributeTable(payload(type))
    } catch {
      throw NotUnderstood(reason: "malformed attribute \(type)")
    }
  }
}
