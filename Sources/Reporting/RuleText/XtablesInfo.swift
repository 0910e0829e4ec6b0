internal import Model

/// Reads an xtables structure; what lies beyond its end reads as zero.
struct XtablesInfo {
  let bytes: [UInt8]

  func u8(_ offset: Int) -> UInt8 {
    bytes.indices.contains(offset) ? bytes[offset] : 0
  }

  /// In host order, as nearly all fields are.
  func u16(_ offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: number(offset, 2)) }
  func u32(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: number(offset, 4)) }

  /// In network order: ports of the NAT structures.
  func networkU16(_ offset: Int) -> UInt16 { UInt16(u8(offset)) << 8 | UInt16(u8(offset + 1)) }

  func string(_ offset: Int, _ length: Int) -> String {
    Literal.cString(slice(offset, length))
  }

  /// 4 bytes, or the 16 of `union nf_inet_addr`.
  func address(_ offset: Int, _ family: IPFamily) -> String {
    IPAddress(bytes: slice(offset, family.addressLength))?.description ?? "?"
  }

  func slice(_ offset: Int, _ length: Int) -> [UInt8] {
    (offset..<offset + length).map { u8($0) }
  }

  private func number(_ offset: Int, _ length: Int) -> UInt64 {
    Literal.bigEndian(slice(offset, length)).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// An address with its mask: nothing, a length or a mask after the slash.
  func block(_ offset: Int, mask: Int, _ family: IPFamily) -> String {
    let bytes = slice(mask, family.addressLength)
    if bytes.allSatisfy({ $0 == 0xff }) { return address(offset, family) }
    let run = BitRun(bytes)
    if let run, run.offset == 0 { return address(offset, family) + "/\(run.count)" }
    if bytes.allSatisfy({ $0 == 0 }) { return address(offset, family) + "/0" }
    return address(offset, family) + "/" + address(mask, family)
  }

  /// A word in iptables' quotes.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for character in Escaping.printable(text) {
      if character == "\"" || character == "\\" { result.append("\\") }
      result.append(character)
    }
    return result + "\""
  }

  static func hexadecimal(_ value: some BinaryInteger) -> String {
    "0x" + String(value, radix: 16)
  }

  /// `80` or `80:90`.
  static func ports(_ low: UInt16, _ high: UInt16, separator: String = ":") -> String {
    low == high ? String(low) : "\(low)\(separator)\(high)"
  }
}
