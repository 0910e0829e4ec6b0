import Glibc
import Model
import TestSupport
import Testing

@testable import Kernel

@Suite(.needsRoot, .needs("ip", "tc")) struct OtherFilterReaderTests {
  private let fixture = NamespaceFixture()
  private let a: TestNamespace

  init() throws {
    a = try fixture.addNamespace()
    let b = try fixture.addNamespace()
    try fixture.connect(a, "eth0", ["192.0.2.1/24"], b, "eth0", ["192.0.2.2/24"])
  }

  private func filters(_ kind: OtherFilter.Kind) throws -> [OtherFilter] {
    let snapshot = try a.inside { HostReader().snapshot(.otherFilters) }
    #expect(snapshot.gaps == [])
    return snapshot.otherFilters.filter { $0.kind == kind }
  }

  @Test func aPlainHostHasNone() throws {
    let snapshot = try a.inside { HostReader().snapshot() }
    #expect(snapshot.otherFilters.filter { $0.kind != .cgroupBPF } == [])
    #expect(snapshot.gaps == [])
  }

  /// Kernels may be built without any classifier.
  private func addFilter(_ words: String) throws -> Bool {
    let command = a.command(
      "tc filter add dev eth0 \(words)".split(separator: " ").map(String.init))
    let output = try command.output()
    if output.errorText.contains("classifier not found") { return false }
    #expect(output.status == 0, "\(output.errorText)")
    return true
  }

  @Test func trafficControl() throws {
    try a.run("tc qdisc add dev eth0 clsact")
    #expect(try filters(.trafficControl) == [])
    guard try addFilter("ingress matchall action drop") else { return }
    let ingress = try filters(.trafficControl)
    #expect(ingress.map(\.direction) == [.inbound] && ingress.first?.interface == "eth0")
    #expect(ingress.first?.detail == "ingress filters: matchall")
    #expect(try addFilter("egress matchall action drop"))
    #expect(try filters(.trafficControl).map(\.direction) == [.inbound, .outbound])
  }

  @Test func ingressDisciplineWithoutEgress() throws {
    try a.run("tc qdisc add dev eth0 ingress")
    #expect(try filters(.trafficControl) == [])
    guard try addFilter("ingress matchall action drop") else { return }
    #expect(try filters(.trafficControl).map(\.direction) == [.inbound])
  }

  @Test func programsOnDevices() throws {
    let index = try a.inside {
      try InterfaceReader.interfaces().first { $0.name == "eth0" }?.index.rawValue
    }
    let device = try #require(index)
    let express = try a.inside { try TestProgram(.xdp, target: device) }
    let ingress = try a.inside { try? TestProgram(.tcx, target: device) }
    try withExtendedLifetime((express, ingress)) {
      let found = try filters(.xdp)
      #expect(found.map(\.interface) == ["eth0"] && found.first?.direction == .inbound)
      // tcx came with Linux 6.6.
      guard ingress != nil else { return }
      #expect(try filters(.trafficControl).map(\.detail) == ["tcx ingress: 1 program"])
    }
  }

  @Test(.enabled("needs cgroup2") { CgroupTree.mount != nil }) func programsOnCgroups() throws {
    let path = try #require(CgroupTree.mount) + "/reach-test-\(getpid()).service"
    #expect(mkdir(path, 0o755) == 0)
    defer { rmdir(path) }
    let inode = try FileStatus(path).inode
    #expect(try CgroupTree.directory(inode) == path)
    #expect(CgroupFilterReader.filters(onCgroup: inode) == [])
    let directory = try TextFile.open(path, context: "testing")
    let program = try TestProgram(.cgroupIngress, target: UInt32(directory.number))
    withExtendedLifetime(program) {
      let found = CgroupFilterReader.filters(onCgroup: inode)
      #expect(found.map(\.kind) == [.cgroupBPF] && found.first?.direction == .inbound)
      #expect(
        found.first?.detail == "1 program (ingress) on cgroup reach-test-\(getpid()).service")
    }
    #expect(CgroupFilterReader.filters(onCgroup: .max) == [])
  }

  @Test func ipsecPolicies() throws {
    try a.ip("xfrm policy add src 10.8.0.0/16 dst 192.0.2.1 proto tcp dport 22 dir in action block")
    try a.ip("xfrm policy add dst 10.9.0.0/16 dir out tmpl proto esp mode transport")
    try a.ip("xfrm policy add dst 10.10.0.0/16 dir out")
    let found = try filters(.ipsecPolicy)
    #expect(found.map(\.detail).sorted() == ["dir in blocks", "dir out requires IPsec"])
    let block = try #require(found.first { $0.direction == .inbound })
    #expect(block.drops && block.family == .v4)
    #expect(block.selector?.destinationPorts == 22...22)
    #expect(try #require(found.first { $0.direction == .outbound }).drops == false)
    // One that is asked first and lets pass takes the certainty away.
    try a.ip("xfrm policy add src 10.8.1.0/24 dst 192.0.2.1 dir in priority 0 action allow")
    #expect(try filters(.ipsecPolicy).first { $0.direction == .inbound }?.drops == false)
  }
}
