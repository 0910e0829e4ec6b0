import Model
import TestSupport
import Testing

@testable import Kernel

@Suite struct GroupReaderTests {
  @Test func igmp() {
    let text = """
      Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
      1\tlo        :     1      V3
      \t\t\t\t010000E0     1 0:00000000\t\t0
      2\teth0      :     2      V3
      \t\t\t\tFB0000E0     1 0:00000000\t\t0
      \t\t\t\tbroken
      \t\t\t\t010000E0     1 0:00000000\t\t0
      """
    let groups = GroupReader.v4(Array(text.utf8))
    #expect(groups[InterfaceIndex(rawValue: 1)] == [IPAddress(v4: 0xe000_0001)])
    #expect(
      groups[InterfaceIndex(rawValue: 2)]
        == [IPAddress(v4: 0xe000_0001), IPAddress(v4: 0xe000_00fb)])
  }

  @Test func igmp6() throws {
    let text = """
      1    lo              ff020000000000000000000000000001     1 0000000C 0
      2    eth0            ff0200000000000000000001ff000001     2 00000004 0
      x    broken          ff02     1 0
      """
    let groups = GroupReader.v6(Array(text.utf8))
    #expect(groups[InterfaceIndex(rawValue: 1)] == [try #require(IPAddress("ff02::1"))])
    #expect(groups[InterfaceIndex(rawValue: 2)] == [try #require(IPAddress("ff02::1:ff00:1"))])
  }

  @Test(.needsRoot, .needs("ip"))
  func aGroupThatIsJoined() throws {
    let fixture = NamespaceFixture()
    defer { fixture.cleanUp() }
    let namespace = try fixture.addNamespace()
    try namespace.ip("link add eth0 type veth peer name other")
    try namespace.ip("link set eth0 up")
    let groups = try namespace.inside { try GroupReader.groups() }
    #expect(groups.values.contains { $0.contains(IPAddress(v4: 0xe000_0001)) })
  }
}
