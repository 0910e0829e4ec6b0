import Model
import TestSupport
import Testing

@testable import Kernel

@Suite(.needsRoot) struct HostReaderTests {
  @Test func snapshotOfASmallHost() throws {
    let fixture = NamespaceFixture()
    let (a, b) = (try fixture.addNamespace(), try fixture.addNamespace())
    try fixture.connect(a, "eth0", ["192.0.2.1/24"], b, "eth0", ["192.0.2.2/24"])
    let snapshot = try a.inside { HostReader().snapshot() }
    #expect(snapshot.gaps == [])
    #expect(snapshot.interfaces.map(\.name).sorted() == ["eth0", "lo"])
    #expect(snapshot.owner(of: try #require(IPAddress("192.0.2.1")))?.name == "eth0")
    #expect(snapshot.owner(of: try #require(IPAddress("127.0.0.53")))?.name == "lo")
    #expect(snapshot.routes.contains { $0.destination == Prefix("192.0.2.0/24") })
    #expect(snapshot.routingRules.contains { $0.action == .lookup(table: 254) })
    #expect(Set(snapshot.settings.ipv4.keys) == ["all", "eth0", "lo"])
    #expect(snapshot.queueReaders == [])
    let small = try a.inside { HostReader().snapshot([.routes, .settings], settingsOf: ["eth0"]) }
    #expect(small.routingRules == [] && Set(small.settings.ipv4.keys) == ["all", "eth0"])
  }

  /// What the link dump carries must be what the files under /proc/sys say.
  @Test(arguments: [
    "ipv4/%/forwarding", "ipv4/%/rp_filter", "ipv4/%/route_localnet", "ipv4/%/accept_local",
    "ipv4/%/src_valid_mark", "ipv4/%/arp_ignore", "ipv6/%/disable_ipv6", "ipv6/%/force_forwarding",
  ])
  func settingsOfDevicesAreThoseOfTheFiles(_ setting: String) throws {
    let fixture = NamespaceFixture()
    let (a, b) = (try fixture.addNamespace(), try fixture.addNamespace())
    try fixture.connect(a, "eth0", ["192.0.2.1/24"], b, "eth0", ["192.0.2.2/24"])
    func both() throws -> (KernelSettings, KernelSettings) {
      try a.inside {
        (HostReader().snapshot().settings, SettingReader().settings(devices: ["lo", "eth0"]))
      }
    }
    let (before, same) = try both()
    #expect(before == same)
    let parts = setting.split(separator: "/")
    let key = "net.\(parts[0]).conf.eth0.\(parts[2])"
    let path = "/proc/sys/" + key.split(separator: ".").joined(separator: "/")
    // force_forwarding came with Linux 6.17.
    guard TestFile.exists(path.split(separator: "eth0").joined(separator: "lo")) else { return }
    let isSet = try a.inside { try TestFile.text(path) } != "0\n"
    try a.sysctl(key, isSet ? "0" : "1")
    let (after, files) = try both()
    #expect(after == files && after != before)
  }

  @Test func limitOfRoutesIsAGap() throws {
    let fixture = NamespaceFixture()
    let namespace = try fixture.addNamespace()
    let snapshot = try namespace.inside { HostReader(routeLimit: 1).snapshot(.routes) }
    #expect(snapshot.routes.allSatisfy { $0.table == 255 })
    #expect(snapshot.gaps == ["only the first 1 routes were read"])
  }

  @Test func withoutPrivilegeThereAreGapsNotErrors() throws {
    let snapshot = try DedicatedThread.run { () throws(KernelError) in
      try Kernel.Privilege.dropAllCapabilities()
      return HostReader().snapshot()
    }
    #expect(!snapshot.interfaces.isEmpty)
    #expect(snapshot.gaps.contains { $0.hasPrefix("IPsec policies are not known") })
  }
}
