import Model
import Testing

@testable import Probing

/// What proxies are asked, and what their answers mean, in pieces or at once.
struct ProxyHandshakeTests {
  private func answer(
    _ kind: ProxyHandshake.Kind, _ pieces: [[UInt8]], host: String = "db.example"
  ) -> ProxyHandshake.Step {
    var handshake = ProxyHandshake(kind, host: host, port: Port(8080))
    var last = ProxyHandshake.Step.wait
    for piece in pieces { last = handshake.receive(piece) }
    return last
  }

  @Test func socks4AsksForAddressesAndNames() {
    let address = ProxyHandshake(.socks4, host: "10.1.2.3", port: Port(8080))
    #expect(address.opening == [4, 1, 0x1f, 0x90, 10, 1, 2, 3, 0])
    let name = ProxyHandshake(.socks4, host: "db", port: Port(8080))
    #expect(name.opening == [4, 1, 0x1f, 0x90, 0, 0, 0, 1, 0, 0x64, 0x62, 0])
    #expect(ProxyHandshake(.socks4, host: "fd09::1", port: Port(1)).objection != nil)
    #expect(address.objection == nil)
  }

  @Test func socks4Answers() {
    #expect(answer(.socks4, [[0, 90, 0, 0, 0, 0, 0, 0, 0x61]]) == .done([0x61]))
    #expect(answer(.socks4, [[0, 90, 0, 0], [0, 0, 0, 0]]) == .done([]))
    guard case .failed = answer(.socks4, [[0, 91, 0, 0, 0, 0, 0, 0]]) else {
      Issue.record("a rejection is a failure")
      return
    }
    guard case .failed = answer(.socks4, [Array("SSH-2.0-".utf8)]) else {
      Issue.record("a service that is no proxy is a failure")
      return
    }
  }

  @Test func socks5AsksForEachKindOfAddress() {
    let head: [UInt8] = [5, 1, 0]
    let port: [UInt8] = [0x1f, 0x90]
    #expect(ProxyHandshake(.socks5, host: "x", port: Port(1)).opening == [5, 1, 0])
    #expect(answer(.socks5, [[5, 0]], host: "db") == .send(head + [3, 2, 0x64, 0x62] + port))
    #expect(
      answer(.socks5, [[5], [0]], host: "10.0.0.1") == .send(head + [1, 10, 0, 0, 1] + port))
    #expect(
      answer(.socks5, [[5, 0]], host: "::1")
        == .send(head + [4] + [UInt8](repeating: 0, count: 15) + [1] + port))
  }

  @Test func socks5Answers() {
    let good: [UInt8] = [5, 0, 0, 1, 10, 0, 0, 1, 0, 80]
    #expect(answer(.socks5, [[5, 0], good + [0x61]]) == .done([0x61]))
    let named: [UInt8] = [5, 0, 0, 3, 2, 0x64, 0x62, 0, 80]
    #expect(answer(.socks5, [[5, 0]] + named.map { [$0] }) == .done([]))
    #expect(
      answer(.socks5, [[5, 0], [5, 5, 0, 1, 0, 0]])
        == .failed("it says: connection refused (5)"))
    for bad: [[UInt8]] in [
      [[5, 255]], [[0x48]], [[5, 0], [4, 0, 0, 0, 0]], [[5, 0], [5, 0, 0, 9, 0]],
    ] {
      guard case .failed = answer(.socks5, bad) else {
        Issue.record("\(bad) is a failure")
        return
      }
    }
  }

  @Test func connectAsksAndAnswers() {
    let opening = ProxyHandshake(.connect, host: "::1", port: Port(80)).opening
    #expect(
      String(decoding: opening, as: UTF8.self)
        == "CONNECT [::1]:80 HTTP/1.0\r\nHost: [::1]:80\r\n\r\n")
    let good = Array("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\nSSH".utf8)
    #expect(answer(.connect, [good]) == .done(Array("SSH".utf8)))
    #expect(answer(.connect, good.dropLast(3).map { [$0] }) == .done([]))
    #expect(
      answer(.connect, [Array("HTTP/1.0 403 No\r\n\r\n".utf8)])
        == .failed("it answers: HTTP/1.0 403 No"))
    #expect(
      answer(.connect, [[UInt8](repeating: 0x61, count: 20_000)])
        == .failed("its answer has no end"))
    #expect(ProxyHandshake(.connect, host: "a\r\nb", port: Port(1)).objection != nil)
  }

  /// Any bytes at all lead to an answer without a trap.
  @Test func noise() {
    var generator = SystemRandomNumberGenerator()
    for kind in ProxyHandshake.Kind.allCases {
      for _ in 0..<500 {
        var handshake = ProxyHandshake(kind, host: "db", port: Port(1))
        for _ in 0..<5 {
          let bytes = (0..<Int.random(in: 0...12)).map { _ in
            [0, 1, 3, 4, 5, 90, 10, 13, UInt8.random(in: 0...255, using: &generator)]
              .randomElement(using: &generator) ?? 0
          }
          _ = handshake.receive(bytes)
        }
      }
    }
  }
}
