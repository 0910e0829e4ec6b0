internal import Model

/// rtnetlink's message types. Source: include/uapi/linux/rtnetlink.h, `RTM_NEWLINK` and following.
enum RoutingMessage {
  static let newLink: UInt16 = 16
  static let getLink: UInt16 = 18
  static let newAddress: UInt16 = 20
  static let getAddress: UInt16 = 22
  static let newRoute: UInt16 = 24
  static let getRoute: UInt16 = 26
  static let newNeighbour: UInt16 = 28
  static let getNeighbour: UInt16 = 30
  static let newRule: UInt16 = 32
  static let getRule: UInt16 = 34
  static let newQueueingDiscipline: UInt16 = 36
  static let getQueueingDiscipline: UInt16 = 38
  static let newFilter: UInt16 = 44
  static let getFilter: UInt16 = 46
  static let newNextHop: UInt16 = 104
  static let getNextHop: UInt16 = 106
}

extension Attribute {
  /// The payload as an address: four bytes or sixteen, `nil` for any other count.
  func address() throws(KernelError) -> IPAddress? {
    switch bytes.count {
    case 4: return IPAddress(v4: try be32())
    case 16: return IPAddress(v6: try number128())
    default: return nil
    }
  }

  /// The payload as `RTA_VIA`: a family in host order, then an address.
  func via() throws(KernelError) -> IPAddress? {
    guard bytes.count >= 2 else { return nil }
    return IPAddress(bytes: copy().dropFirst(2))
  }

  private func number128() throws(KernelError) -> UInt128 {
    var number: UInt128 = 0
    for index in 0..<bytes.count { number = number << 8 | UInt128(bytes[index]) }
    return number
  }
}

/// The bytes of fixed headers, which are in host order.
extension UInt32 {
  /// The four bytes as the host stores them.
  var hostBytes: [UInt8] {
    let ordered = littleEndian
    return (0..<4).map { UInt8(truncatingIfNeeded: ordered >> (8 * $0)) }
  }
}
