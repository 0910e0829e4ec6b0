/// The hosts that a user named: names, addresses and blocks, in the order of the words.
package struct HostList: Hashable, Sendable {
  /// One of them, not resolved yet.
  package enum Item: Hashable, Sendable {
    /// To be looked up; includes numeric forms that only inet_aton(3) knows, such as `127.1`.
    case name(String)
    /// An address; the scope is a device's name or number, as typed.
    case address(IPAddress, scope: String?)
    /// A CIDR block; every address of it is meant, the first and the last too.
    case block(Prefix)
  }

  package let items: [Item]

  /// The most addresses that the blocks of one list may have together.
  package static let limit = 65_536

  /// Reads a HOST word: a name, an address (scope id allowed, brackets too), a CIDR block, or
  /// several with commas.
  ///
  /// - Throws: `HostListError` for the first part that is none of these.
  package init(_ text: String) throws(HostListError) {
    var items: [Item] = []
    var count = 0
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let item = try Self.item(String(part), in: text)
      if case .block(let prefix) = item {
        let width = prefix.address.family.addressBits - prefix.length
        // Compared before it is computed: a block of IPv6 has more addresses than an Int counts.
        guard width <= 16 else { throw .tooManyAddresses(String(part)) }
        count += 1 << width
      } else {
        count += 1
      }
      guard count <= Self.limit else { throw .tooManyAddresses(text) }
      items.append(item)
    }
    self.items = items
  }

  private static func item(_ text: String, in list: String) throws(HostListError) -> Item {
    guard !text.isEmpty else { throw .empty(list) }
    // RFC 1035, 2.3.4: 255 octets on the wire are 253 characters, and a final dot.
    guard text.utf8.count <= 254 else { throw .tooLong }
    // C0 with the blank, DEL and C1.
    guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && !(0x7f...0x9f).contains($0.value) })
    else { throw .controlCharacter }
    if text.contains("/") {
      guard let prefix = Prefix(text) else { throw .badBlock(text) }
      return .block(prefix)
    }
    var address = text[...]
    if address.first == "[" {
      guard address.last == "]" else { throw .badAddress(text) }
      address = address.dropFirst().dropLast()
    }
    if let plain = IPAddress(address) { return .address(plain, scope: nil) }
    if let percent = address.firstIndex(of: "%") {
      let scope = String(address[address.index(after: percent)...])
      guard let scoped = IPAddress(address[..<percent]), scoped.family == .v6, !scope.isEmpty else {
        throw .badAddress(text)
      }
      return .address(scoped, scope: scope)
    }
    // A colon is in no name; what is left with one is a misspelt address (or has a port).
    guard address.count == text.count, !text.contains(":") else { throw .badAddress(text) }
    // getaddrinfo(3) would take a leading dash for a name; the user meant an option.
    guard text.utf8.first != UInt8(ascii: "-") else { throw .badName(text) }
    return .name(text)
  }
}

extension Prefix {
  /// Every address of the block, in order; meant for blocks within `HostList.limit`.
  package var addresses: some Sequence<IPAddress> {
    let width = address.family.addressBits - length
    let count: UInt128 = width >= 128 ? .max : (1 << UInt128(width)) - 1
    return (0...count).lazy.map { IPAddress(family: address.family, bits: address.bits | $0) }
  }
}

/// What is wrong with a HOST word.
package enum HostListError: Error, Hashable, Sendable {
  /// No host at all, or nothing between two commas.
  case empty(String)
  case tooLong
  /// A blank or control character, which no name has.
  case controlCharacter
  case badBlock(String)
  case badAddress(String)
  case badName(String)
  case tooManyAddresses(String)
}

extension HostListError: CustomStringConvertible {
  /// A sentence for people, without capital and full stop. The words in it are printable.
  package var description: String {
    switch self {
    case .empty(let list):
      return list.isEmpty ? "the host is empty" : "a host is missing in \"\(list)\""
    case .tooLong: return "the host name is longer than 253 characters"
    case .controlCharacter: return "the host name has a blank or a control character in it"
    case .badBlock(let text): return "\(text) is not a block of addresses such as 10.0.0.0/24"
    case .badAddress(let text):
      return "\(text) is not an IP address (the port is a word of its own)"
    case .badName(let text): return "\(text) is not a host name"
    case .tooManyAddresses(let text):
      return "\(text) has more than \(HostList.limit) addresses; ask for fewer at a time"
    }
  }
}
