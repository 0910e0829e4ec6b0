package import Model

/// Asks the kernel about the ipsets of the calling thread's network namespace.
///
/// It is the question of `ipset test`, which the set's own code answers (`ip_set_utest`,
/// net/netfilter/ipset/ip_set_core.c), networks and expired elements included. It changes nothing.
/// The socket is opened with the first question, and belongs to the thread that asks it.
package final class IPSetLookup: IPSetSource {
  private struct Question: Hashable {
    let key: IPSetKey
    let set: UInt16
  }

  private var socket: Access?
  private var sets: [UInt16: IPSet?] = [:]
  private var answers: [Question: Bool?] = [:]

  package init() {}

  package func set(_ index: UInt16) -> IPSet? {
    if let known = sets[index] { return known }
    let found = try? access().set(index)
    sets[index] = .some(found)
    return found
  }

  package func contains(_ key: IPSetKey, in set: IPSet) -> Bool? {
    let question = Question(key: key, set: set.index)
    if let known = answers[question] { return known }
    let answer = try? access().contains(key, in: set)
    answers[question] = .some(answer)
    return answer
  }

  private func access() throws(KernelError) -> Access {
    if let socket { return socket }
    let opened = Access(try NetlinkSocket(.netfilter))
    socket = opened
    return opened
  }

  /// Commands of the subsystem `NFNL_SUBSYS_IPSET`, 6 (`enum ipset_cmd`,
  /// include/uapi/linux/netfilter/ipset/ip_set.h).
  private enum Command: UInt16 {
    case test = 11
    case header = 12
    case nameByIndex = 15
  }

  /// Attributes of commands, and of elements (`IPSET_ATTR_*`); numbers in network order say so by
  /// `NLA_F_NET_BYTEORDER`.
  private enum Attribute {
    static let protocolVersion: UInt16 = 1
    static let setName: UInt16 = 2
    static let typeName: UInt16 = 3
    static let family: UInt16 = 5
    static let data: UInt16 = 7
    static let index: UInt16 = 11
    static let address: UInt16 = 1
    static let port: UInt16 = 4
    static let transport: UInt16 = 7
    static let mark: UInt16 = 10
    static let secondAddress: UInt16 = 20
    static let interface: UInt16 = 23
    static let networkOrder: UInt16 = 0x4000
  }

  /// The socket, which a class's method can use without being `mutating`.
  private final class Access {
    private var socket: NetlinkSocket

    init(_ socket: consuming NetlinkSocket) {
      self.socket = socket
    }

    private static func request(
      _ command: Command, _ flags: NetlinkRequest.Flags = []
    ) -> NetlinkRequest {
      // struct nfgenmsg, AF_INET; protocol 7 is of kernel 4.20.
      var request = NetlinkRequest(
        type: 6 << 8 | command.rawValue, flags: flags, header: [2, 0, 0, 0])
      request.append(Attribute.protocolVersion, u8: 7)
      return request
    }

    func set(_ index: UInt16) throws(KernelError) -> IPSet {
      var request = Self.request(.nameByIndex)
      request.append(Attribute.index | Attribute.networkOrder, be16: index)
      var set = IPSet(index: index, name: "", type: "", family: nil)
      try read(request, into: &set)
      request = Self.request(.header)
      request.append(Attribute.setName, string: set.name)
      try read(request, into: &set)
      return set
    }

    private func read(_ request: NetlinkRequest, into set: inout IPSet) throws(KernelError) {
      var found = set
      try socket.request(request, "looking for an ipset") { (message) throws(KernelError) in
        var attributes = try message.attributes(after: 4)
        while let attribute = try attributes.next() {
          switch attribute.type & 0x3fff {
          case Attribute.setName: found.name = attribute.string()
          case Attribute.typeName: found.type = attribute.string()
          case Attribute.family: found.family = IPFamily(rawValue: try attribute.u8())
          default: break
          }
        }
      }
      set = found
    }

    func contains(_ key: IPSetKey, in set: IPSet) throws(KernelError) -> Bool {
      var request = Self.request(.test, .acknowledge)
      request.append(Attribute.setName, string: set.name)
      request.append(Attribute.data) { data in
        for (place, address) in key.addresses.prefix(2).enumerated() {
          data.append(place == 0 ? Attribute.address : Attribute.secondAddress) {
            // IPSET_ATTR_IPADDR_IPV4 1, IPSET_ATTR_IPADDR_IPV6 2.
            let kind: UInt16 = address.family == .v4 ? 1 : 2
            $0.append(kind | Attribute.networkOrder, bytes: address.bytes)
          }
        }
        if let port = key.port { data.append(Attribute.port | Attribute.networkOrder, be16: port) }
        if let transport = key.transport { data.append(Attribute.transport, u8: transport) }
        if let mark = key.mark { data.append(Attribute.mark | Attribute.networkOrder, be32: mark) }
        if let name = key.interface { data.append(Attribute.interface, string: name) }
      }
      do throws(KernelError) {
        try socket.request(request, "looking into the ipset \(set.name)") { _ in }
        return true
      } catch .call(_, let error, _) where Self.saysAbsent(error, set) {
        return false
      }
    }

    /// IPSET_ERR_EXIST 4103 is the plain no; a bitmap says IPSET_ERR_BITMAP_RANGE 4352 for what
    /// lies outside it, a hash IPSET_ERR_HASH_ELEM 4353 for what can be in no set (0.0.0.0).
    private static func saysAbsent(_ error: ErrorNumber, _ set: IPSet) -> Bool {
      switch error.rawValue {
      case 4103: true
      case 4352: set.type.hasPrefix("bitmap:")
      case 4353: set.type.hasPrefix("hash:")
      default: false
      }
    }
  }
}
