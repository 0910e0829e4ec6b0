import Glibc
import Kernel
import Model
import TestSupport
import Testing

/// What `ElementLookup` says must be what becomes of packets: a rule drops what its set holds, and
/// sending a dropped packet fails with EPERM.
@Suite struct ElementLookupTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let set: String
    let match: String
    /// Destination and port of each packet.
    let packets: [(String, UInt16)]
    var testDescription: String { name }

    /// The key of a packet: its port, its address, or both.
    func key(_ address: IPAddress, _ port: UInt16) -> [UInt8] {
      let portBytes = [UInt8(port >> 8), UInt8(port & 0xff)]
      if !match.contains("daddr") { return portBytes }
      return match.contains("dport") ? address.bytes + portBytes + [0, 0] : address.bytes
    }
  }

  private static func ports(_ ports: [UInt16]) -> [(String, UInt16)] {
    ports.map { ("127.0.0.1", $0) }
  }

  static let cases = [
    Case(
      name: "interval",
      set: "type inet_service; flags interval; elements = { 22, 80-90, 91-100, 60000-65535 }",
      match: "udp dport @s",
      packets: ports([21, 22, 23, 79, 80, 90, 91, 100, 101, 59999, 60000, 65535])),
    Case(
      name: "interval from 0", set: "type inet_service; flags interval; elements = { 0-10, 20 }",
      match: "udp dport @s", packets: ports([1, 10, 11, 19, 20, 21])),
    Case(
      name: "hash", set: "type inet_service; elements = { 5, 7, 9000 }", match: "udp dport @s",
      packets: ports([5, 6, 7, 8, 9000])),
    Case(
      name: "addresses",
      set: "type ipv4_addr; flags interval; elements = { 127.0.0.4/30, 127.1.0.0/16 }",
      match: "ip daddr @s",
      packets: [
        "127.0.0.3", "127.0.0.4", "127.0.0.7", "127.0.0.8", "127.1.0.0", "127.1.255.255",
        "127.2.0.0",
      ].map { ($0, 9) }),
    Case(
      name: "ranged concatenation",
      set:
        """
        type ipv4_addr . inet_service; flags interval
        elements = { 127.0.0.0/30 . 443, 127.0.0.0/8 . 1-100, 127.9.9.9 . 0-65535 }
        """,
      match: "ip daddr . udp dport @s",
      packets: [
        ("127.0.0.3", 443), ("127.0.0.4", 443), ("127.0.0.4", 100), ("127.0.0.4", 101),
        ("127.9.9.9", 5555), ("127.9.9.8", 5555),
      ]),
    Case(
      name: "concatenation",
      set: "type ipv4_addr . inet_service; elements = { 127.0.0.1 . 7, 127.0.0.2 . 8 }",
      match: "ip daddr . udp dport @s",
      packets: [("127.0.0.1", 7), ("127.0.0.1", 8), ("127.0.0.2", 8), ("127.0.0.2", 7)]),
    Case(
      name: "catch-all", set: "type inet_service; flags interval; elements = { 5-7, * }",
      match: "udp dport @s", packets: ports([4, 5, 8])),
  ]

  @Test(.needsRoot, arguments: cases) func answersAsThePacketPath(example: Case) throws {
    let fixture = NamespaceFixture()
    defer { fixture.cleanUp() }
    let namespace = try fixture.addNamespace()
    try namespace.loadRuleset(
      """
      table ip t {
        set s { \(example.set)
        }
        chain c { type filter hook output priority 0; \(example.match) drop; }
      }
      """)
    try namespace.inside {
      let lookup = try ElementLookup()
      let set = SetReference(family: .ip, table: "t", name: "s")
      for (text, port) in example.packets {
        let address = try #require(IPAddress(text))
        let answer = lookup.element(for: example.key(address, port), in: set)
        let isDropped = try isDropped(address, port)
        switch answer {
        case .found: #expect(isDropped, "\(text) \(port)")
        case .absent: #expect(!isDropped, "\(text) \(port)")
        case .unknown(let reason): Issue.record("\(reason)")
        }
      }
    }
  }

  /// Whether a datagram is refused on its way out.
  private func isDropped(_ address: IPAddress, _ port: UInt16) throws -> Bool {
    let number = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(number) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    name.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.bits).bigEndian
    let sent = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(number, "x", 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if sent == 1 { return false }
    guard errno == EPERM else { throw FixtureError("sendto failed: \(errno)") }
    return true
  }

  @Test(.needsRoot) func mapsAndTimeouts() throws {
    let fixture = NamespaceFixture()
    defer { fixture.cleanUp() }
    let namespace = try fixture.addNamespace()
    try namespace.loadRuleset(
      """
      table inet t {
        map v { type inet_service : verdict; flags interval
          elements = { 1-10 : accept, * : drop } }
        map m { type ipv4_addr : ipv4_addr; elements = { 1.1.1.1 : 2.2.2.2 } }
        set brief { type inet_service; flags timeout; elements = { 5 timeout 1s, 6 timeout 1h } }
      }
      """)
    try namespace.inside {
      func set(_ name: String) -> SetReference {
        SetReference(family: .inet, table: "t", name: name)
      }
      let lookup = try ElementLookup()
      #expect(
        lookup.element(for: [0, 7], in: set("v"))
          == .found(Element(key: [0, 1], data: .verdict(.accept))))
      #expect(
        lookup.element(for: [0, 11], in: set("v"))
          == .found(Element(key: nil, data: .verdict(.drop))))
      #expect(
        lookup.element(for: [1, 1, 1, 1], in: set("m"))
          == .found(Element(key: [1, 1, 1, 1], data: .value([2, 2, 2, 2]))))
      usleep(1_200_000)
      #expect(lookup.element(for: [0, 5], in: set("brief")) == .absent)
      guard case .found(let element) = lookup.element(for: [0, 6], in: set("brief")) else {
        Issue.record("an element that lives for an hour is not found")
        return
      }
      #expect(element.timeout == 3_600_000)
      guard case .unknown = lookup.element(for: [0, 6], in: set("nowhere")) else {
        Issue.record("a set that does not exist gives an answer")
        return
      }
    }
  }
}
