import Glibc
import Model
import TestSupport
import Testing

@testable import Kernel

@Suite(.needsRoot) struct NamespaceReaderTests {
  @Test func listenersOfOtherNamespaces() throws {
    let fixture = NamespaceFixture()
    let (a, b) = (try fixture.addNamespace(), try fixture.addNamespace())
    let sockets = try b.inside {
      try [TestSocket(on: .anyV4, port: 4505), TestSocket(on: .anyV4, port: 4510)]
    }
    let reader = NamespaceReader()
    let (fromA, fromB) = try withExtendedLifetime(sockets) {
      (
        try a.inside {
          reader.listeners(transports: [.tcp], ports: 4505...4506, programs: ProgramReader())
        },
        try b.inside { reader.listeners(transports: [.tcp], ports: 4505...4506) }
      )
    }
    let found = try #require(fromA.first { $0.selector == b.name })
    #expect(found.namespace == b.name)
    #expect(found.listeners.map(\.port) == [Port(4505)])
    #expect(found.listeners.first?.program?.pid == getpid())
    #expect(!fromB.contains { $0.selector == b.name })
  }

  @Test func ownerOfAnAddress() throws {
    let fixture = NamespaceFixture()
    let (a, b) = (try fixture.addNamespace(), try fixture.addNamespace())
    try fixture.connect(
      a, "eth0", ["198.18.77.1/24"], b, "eth0", ["198.18.77.2/24", "2001:db8:77::2/64"])
    func owner(_ text: String) throws -> String? {
      let address = try #require(IPAddress(text))
      return try a.inside {
        NamespaceReader.owner(of: address, among: NamespaceReader().residents())?
          .namespace.selector
      }
    }
    #expect(try owner("198.18.77.2") == b.name)
    #expect(try owner("2001:db8:77::2") == b.name)
    #expect(try owner("198.18.77.3") == nil)
    #expect(try owner("198.18.77.1") == nil)
    #expect(try owner("127.0.0.1") == nil)
  }

  /// Where several have the address, what answers on the link tells which one is meant.
  @Test func ownersAreToldApartByTheirHardware() throws {
    let fixture = NamespaceFixture()
    let (a, b, c) = (
      try fixture.addNamespace(), try fixture.addNamespace(), try fixture.addNamespace()
    )
    for (namespace, address) in [(b, "198.18.78.2/24"), (c, "198.18.78.2/24")] {
      try fixture.connect(a, "to-\(namespace.name.suffix(6))", [], namespace, "eth0", [address])
    }
    let address = try #require(IPAddress("198.18.78.2"))
    let hardware = try c.inside {
      try #require(InterfaceReader.interfaces().first { $0.name == "eth0" }).hardwareAddress
    }
    try a.inside {
      let all = NamespaceReader().residents()
      func owner(_ hardware: [UInt8]?) -> NamespaceReader.Candidate? {
        NamespaceReader.owner(of: address, at: hardware, among: all)
      }
      #expect(owner(nil)?.namespace.selector == nil)
      #expect(owner(hardware)?.namespace.selector == c.name)
      // A host elsewhere: nobody here has that hardware.
      #expect(owner([2, 0, 0, 0, 0xff, 1]) == nil)
    }
  }

  /// A namespace without a name is found by a process in it.
  @Test func namespaceOfAProcess() throws {
    let fixture = NamespaceFixture()
    let own = try fixture.addNamespace()
    // The process stays in the fresh namespace until it ends.
    let process = try DedicatedThread.runInNewNamespace { () throws(KernelError) in TestProcess() }
    let pid = process.pid
    defer { process.end() }
    let candidates = try own.inside { NamespaceReader().others() }
    let found = try #require(candidates.first { $0.namespace.selector == String(pid) })
    #expect(found.label == "pid \(pid) (cat)")
    let bySelector = try NetworkNamespace(selector: String(pid))
    let names = try DedicatedThread.run(in: bySelector) { () throws(KernelError) in
      try InterfaceReader.interfaces().map(\.name)
    }
    #expect(names == ["lo"])
  }
}
