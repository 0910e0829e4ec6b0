import Model
import TestSupport
import Testing

@testable import Kernel

@Suite struct SettingReaderTests {
  @Test func ranges() {
    func ranges(_ text: String) -> [ClosedRange<UInt16>] {
      SettingReader.ranges(Array(text.utf8))
    }
    #expect(ranges("8080,9000-9010\n") == [8080...8080, 9000...9010])
    #expect(ranges("\n") == [])
    #expect(ranges("1-2-3,9-1,x,70000,7") == [7...7])
    #expect(SettingReader.range(Array("32768\t60999\n".utf8)) == 32768...60999)
    #expect(SettingReader.range(Array("60999 32768\n".utf8)) == nil)
    #expect(SettingReader.range(Array("1\n".utf8)) == nil)
  }

  @Test func absentFilesKeepTheDefaults() {
    let settings = SettingReader(root: "/nonexistent").settings(devices: ["eth0"])
    #expect(settings == KernelSettings())
  }

  @Test(.needsRoot) func readsTheNamespaceItRunsIn() throws {
    let fixture = NamespaceFixture()
    let (a, b) = (try fixture.addNamespace(), try fixture.addNamespace())
    try fixture.connect(a, "eth0", ["192.0.2.1/24"], b, "eth0", ["192.0.2.2/24"])
    try a.sysctl("net.ipv4.conf.eth0.rp_filter", "2")
    try a.sysctl("net.ipv4.conf.all.forwarding", "1")
    try a.sysctl("net.ipv4.conf.eth0.forwarding", "0")
    try a.sysctl("net.ipv6.conf.eth0.disable_ipv6", "1")
    try a.sysctl("net.ipv4.ip_local_reserved_ports", "8080,9000-9010")
    try a.sysctl("net.ipv4.ip_unprivileged_port_start", "80")
    let settings = try a.inside { SettingReader().settings(devices: ["eth0", "../all", "gone"]) }
    #expect(settings.ipv4["eth0"]?.reversePathFilter == 2)
    #expect(settings.ipv4["eth0"]?.forwarding == false && settings.ipv4["all"]?.forwarding == true)
    #expect(settings.ipv6Disabled == ["eth0": true, "all": false])
    #expect(settings.reservedPorts == [8080...8080, 9000...9010])
    #expect(settings.unprivilegedPortStart == 80)
    #expect(settings.ipv4.keys.sorted() == ["all", "eth0"])
    let other = try b.inside { SettingReader().settings(devices: ["eth0"], scope: .path) }
    #expect(other.ipv4["eth0"]?.reversePathFilter != 2)
    #expect(other.reservedPorts.isEmpty)
  }
}
