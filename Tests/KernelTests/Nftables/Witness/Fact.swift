import CNftnl
import Glibc
import Model

/// One attribute's value as our decoder understood it.
enum Fact: Hashable {
  case integer(UInt64)
  /// By its place in the register file: libnftnl keeps the kernel's number.
  case register(Register)
  case bytes([UInt8])
  case text(String)

  static func number(_ value: some BinaryInteger) -> Fact { .integer(UInt64(value)) }
  static func flag(_ isSet: Bool) -> Fact { .integer(isSet ? 1 : 0) }
}

/// What libnftnl says of one attribute. It does not look at the fact but for its kind.
struct Statement {
  /// As libnftnl stores it: numbers in host order.
  let bytes: [UInt8]

  /// `nil` where libnftnl has no such attribute.
  ///
  /// - Parameter isText: up to a NUL. The lengths that libnftnl 1.2.4 tells of texts are not all
  ///   right: 4 for a chain's type, 0 for an object's name.
  init?(isSet: Bool, isText: Bool = false, _ read: (inout UInt32) -> UnsafeRawPointer?) {
    var length: UInt32 = 0
    guard isSet, let start = read(&length) else { return nil }
    let count = isText ? strlen(start.assumingMemoryBound(to: CChar.self)) : Int(length)
    bytes = Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  private var number: UInt64? {
    guard bytes.count <= 8, !bytes.isEmpty else { return nil }
    var value: UInt64 = 0
    withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes) }
    return value
  }

  private var text: String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The statement as a fact of the same kind as `fact`.
  private func rendered(like fact: Fact) -> Fact? {
    switch fact {
    case .integer: number.map { .integer($0) }
    case .register: number.flatMap(Self.register)
    case .bytes: .bytes(bytes)
    case .text: .text(text)
    }
  }

  /// `enum nft_registers`: NFT_REG_VERDICT 0, NFT_REG_1 to 4 of 16 bytes, NFT_REG32_00 (8) to 15.
  private static func register(_ number: UInt64) -> Fact? {
    switch number {
    case 0: .register(.verdict)
    case 1...4: .register(.data(offset: Int(number) * 16 - 16))
    case 8...23: .register(.data(offset: Int(number) * 4 - 32))
    default: nil
    }
  }

  /// In what the two differ, `nil` if they agree. The kernel dumps zero or leaves it out.
  static func difference(_ fact: Fact?, _ statement: Statement?) -> String? {
    switch (fact, statement) {
    case (nil, nil), (.integer(0)?, nil): return nil
    case (let fact?, nil): return "\(fact), libnftnl has none"
    case (nil, let statement?): return "none, libnftnl has \(statement.bytes)"
    case (let fact?, let statement?):
      let other = statement.rendered(like: fact)
      return other == fact ? nil : "\(fact), libnftnl has \(other.map { "\($0)" } ?? "nonsense")"
    }
  }
}

/// The items that a libnftnl function calls back for, in order.
func items(
  _ walk: (
    @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32, UnsafeMutableRawPointer
  ) -> Int32
) -> [OpaquePointer] {
  var found: [OpaquePointer] = []
  withUnsafeMutablePointer(to: &found) { list in
    _ = walk(
      { item, context in
        let list = context?.assumingMemoryBound(to: [OpaquePointer].self)
        if let item { list?.pointee.append(item) }
        return 0
      }, list)
  }
  return found
}

/// A value of nft's user data, found by libnftnl.
func userData(_ type: UInt8, in statement: Statement?) -> Statement? {
  guard let bytes = statement?.bytes else { return nil }
  return bytes.withUnsafeBytes { data in
    let values = items { callback, context in
      nftnl_udata_parse(data.baseAddress, UInt32(data.count), callback, context)
    }
    guard let value = values.first(where: { nftnl_udata_type($0) == type }) else { return nil }
    return Statement(isSet: true) { length in
      length = UInt32(nftnl_udata_len(value))
      return UnsafeRawPointer(nftnl_udata_get(value))
    }
  }
}
