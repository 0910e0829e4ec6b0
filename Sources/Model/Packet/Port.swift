/// A transport port number, in host byte order.
package struct Port: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let number: UInt16

  package init(_ number: UInt16) {
    self.number = number
  }

  package static func < (a: Port, b: Port) -> Bool { a.number < b.number }
  package var description: String { String(number) }
}

/// An address with an optional port, as in `10.9.0.2:40000` or `[fd09::2]:40000`.
package struct Endpoint: Hashable, Sendable {
  package var address: IPAddress
  package var port: Port?

  package init(_ address: IPAddress, port: Port? = nil) {
    self.address = address
    self.port = port
  }

  /// Reads `ADDR`, `ADDR:PORT`, `[ADDR]` or `[ADDR]:PORT`; several colons without brackets are
  /// IPv6.
  package init?(_ text: some StringProtocol) {
    if text.first == "[" {
      guard let close = text.firstIndex(of: "]"),
        let address = IPAddress(text[text.index(after: text.startIndex)..<close])
      else { return nil }
      let rest = text[text.index(after: close)...]
      guard !rest.isEmpty else {
        self.init(address)
        return
      }
      guard rest.first == ":", let number = UInt16(rest.dropFirst()) else { return nil }
      self.init(address, port: Port(number))
    } else if let address = IPAddress(text) {
      self.init(address)
    } else {
      guard let colon = text.lastIndex(of: ":"), let address = IPAddress(text[..<colon]),
        let number = UInt16(text[text.index(after: colon)...])
      else { return nil }
      self.init(address, port: Port(number))
    }
  }
}

extension Endpoint: CustomStringConvertible {
  package var description: String {
    guard let port else { return address.description }
    return address.family == .v4 ? "\(address):\(port)" : "[\(address)]:\(port)"
  }
}
