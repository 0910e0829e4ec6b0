package import Model

/// Asks a proxy for a connection: SOCKS 4 and 4a, SOCKS 5 (RFC 1928), HTTP CONNECT (RFC 9110,
/// 9.3.6).
///
/// A pure state machine: what the proxy sends goes in, what it is to be sent comes out.
package struct ProxyHandshake: Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case socks4 = "4"
    case socks5 = "5"
    case connect

    /// The port that such proxies have by custom.
    package var defaultPort: Port { Port(self == .connect ? 3128 : 1080) }
  }

  /// What comes next.
  package enum Step: Hashable, Sendable {
    /// These bytes are to be sent; more is to come from the proxy.
    case send([UInt8])
    case wait
    /// The connection is there; the bytes are the first that came through it.
    case done([UInt8])
    /// A sentence on why not, without capital and full stop.
    case failed(String)
  }

  private enum State: Sendable {
    case greeting
    case answer
  }

  /// A response's header beyond that is no header.
  private static let headerLimit = 16_384

  private let kind: Kind
  private let host: String
  private let port: Port
  private let address: IPAddress?
  private var state: State
  private var received: [UInt8] = []

  /// - Parameter host: a name, which the proxy looks up, or an address.
  package init(_ kind: Kind, host: String, port: Port) {
    self.kind = kind
    self.host = host
    self.port = port
    address = IPAddress(host)
    state = kind == .socks5 ? .greeting : .answer
  }

  /// Why the proxy can't be asked for that host, `nil` if it can.
  package var objection: String? {
    switch kind {
    case .socks4 where address?.family == .v6: "SOCKS 4 knows no IPv6 addresses: use -X 5"
    case .socks4, .socks5:
      host.utf8.count > 255 || host.utf8.contains(0) ? "the name is too long for SOCKS" : nil
    case .connect:
      host.utf8.contains { $0 <= 0x20 || $0 == 0x7f } ? "that is no host name for HTTP" : nil
    }
  }

  /// What the client sends first.
  package var opening: [UInt8] {
    switch kind {
    // Version 5, one method: no authentication.
    case .socks5: [5, 1, 0]
    case .socks4: socks4Request
    case .connect:
      Array("CONNECT \(authority) HTTP/1.0\r\nHost: \(authority)\r\n\r\n".utf8)
    }
  }

  private var authority: String {
    address?.family == .v6 ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  private var portBytes: [UInt8] { [UInt8(port.number >> 8), UInt8(port.number & 0xff)] }

  /// Version, command CONNECT, port, address, an empty user; for a name the address 0.0.0.1 and the
  /// name behind it (SOCKS 4a).
  private var socks4Request: [UInt8] {
    guard let address else {
      return [4, 1] + portBytes + [0, 0, 0, 1, 0] + Array(host.utf8) + [0]
    }
    return [4, 1] + portBytes + address.bytes + [0]
  }

  /// Version, command CONNECT, reserved, kind of address, address, port.
  private var socks5Request: [UInt8] {
    let name = Array(host.utf8.prefix(255))
    let target: [UInt8] =
      switch address?.family {
      case .v4?: [1] + (address?.bytes ?? [])
      case .v6?: [4] + (address?.bytes ?? [])
      case nil: [3, UInt8(name.count)] + name
      }
    return [5, 1, 0] + target + portBytes
  }

  /// Takes in what the proxy sent.
  package mutating func receive(_ bytes: [UInt8]) -> Step {
    received += bytes
    switch (kind, state) {
    case (.socks4, _): return socks4Answer()
    case (.socks5, .greeting): return socks5Greeting()
    case (.socks5, .answer): return socks5Answer()
    case (.connect, _): return connectAnswer()
    }
  }

  private mutating func socks4Answer() -> Step {
    guard received.count >= 8 else { return .wait }
    guard received[0] == 0 else { return .failed("it does not answer as a SOCKS 4 proxy does") }
    switch received[1] {
    case 90: return .done(Array(received[8...]))
    case 91: return .failed("it says that the connection was rejected or failed (91)")
    case 92, 93: return .failed("it wants to know the user by identd (\(received[1]))")
    default: return .failed("it answers with the unknown code \(received[1])")
    }
  }

  private mutating func socks5Greeting() -> Step {
    guard received.count >= 2 else {
      guard received.first ?? 5 == 5 else { return .failed(Self.notSocks5) }
      return .wait
    }
    guard received[0] == 5 else { return .failed(Self.notSocks5) }
    guard received[1] == 0 else {
      return .failed("it demands a user and password, which reach does not send")
    }
    received.removeFirst(2)
    state = .answer
    return .send(socks5Request)
  }

  private static let notSocks5 = "it does not answer as a SOCKS 5 proxy does"

  /// Reply codes (RFC 1928, section 6).
  private static let socks5Replies: [UInt8: String] = [
    1: "general failure", 2: "not allowed by its rules", 3: "network unreachable",
    4: "host unreachable", 5: "connection refused", 6: "TTL expired",
    7: "command not supported", 8: "address type not supported",
  ]

  private mutating func socks5Answer() -> Step {
    guard received.count >= 5 else { return .wait }
    guard received[0] == 5 else { return .failed(Self.notSocks5) }
    guard received[1] == 0 else {
      let words = Self.socks5Replies[received[1]] ?? "unknown code"
      return .failed("it says: \(words) (\(received[1]))")
    }
    let addressLength: Int
    switch received[3] {
    case 1: addressLength = 4
    case 4: addressLength = 16
    case 3: addressLength = 1 + Int(received[4])
    default: return .failed(Self.notSocks5)
    }
    let length = 4 + addressLength + 2
    guard received.count >= length else { return .wait }
    return .done(Array(received[length...]))
  }

  private mutating func connectAnswer() -> Step {
    guard let end = Self.headerEnd(received) else {
      let isTooLong = received.count > Self.headerLimit
      return isTooLong ? .failed("its answer has no end") : .wait
    }
    let line = received.prefix { $0 != 0x0a && $0 != 0x0d }
    let words = line.split(separator: 0x20, maxSplits: 2)
    guard words.count >= 2, words[0].starts(with: Array("HTTP/".utf8)) else {
      return .failed("it does not answer as an HTTP proxy does")
    }
    guard words[1].count == 3, words[1].first == UInt8(ascii: "2") else {
      let text = String(decoding: line.prefix(200), as: UTF8.self)
      return .failed("it answers: \(text)")
    }
    return .done(Array(received[end...]))
  }

  /// Where the body begins: behind an empty line.
  private static func headerEnd(_ bytes: [UInt8]) -> Int? {
    var isLineEmpty = false
    for (place, byte) in bytes.enumerated() {
      if byte == 0x0a {
        if isLineEmpty { return place + 1 }
        isLineEmpty = true
      } else if byte != 0x0d {
        isLineEmpty = false
      }
    }
    return nil
  }
}
