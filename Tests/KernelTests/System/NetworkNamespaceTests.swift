import Glibc
import Model
import TestSupport
import Testing

@testable import Kernel

@Suite struct NetworkNamespaceTests {
  @Test(.needsRoot) func byNamePathAndProcess() throws {
    let fixture = NamespaceFixture()
    let namespace = try fixture.addNamespace()
    let byName = try NetworkNamespace(selector: namespace.name)
    let byPath = try NetworkNamespace(selector: namespace.path)
    #expect(byName.path == namespace.path && byName.selector == namespace.name)
    #expect(try byName.identity() == byPath.identity())
    #expect(!byName.isSameAsCurrent)
    #expect(try NetworkNamespace(selector: String(getpid())).isSameAsCurrent)
    #expect(NetworkNamespace.names().contains(namespace.name))
    let inside = try DedicatedThread.run(in: byName) { () throws(KernelError) in
      byPath.isSameAsCurrent
    }
    #expect(inside)
    // The thread that asked stayed where it was.
    #expect(!byName.isSameAsCurrent)
  }

  @Test(arguments: ["no-such-namespace", "", "..", "/nonexistent/ns", "0", "-1", "99999999999"])
  func absentOnes(_ selector: String) {
    #expect {
      try NetworkNamespace(selector: selector)
    } throws: { error in
      guard case .call(_, .noEntry, let context) = error as? KernelError else { return false }
      return context.contains("'\(selector)'")
    }
  }

  @Test func absentProcess() {
    #expect {
      try NetworkNamespace(selector: "4194304")
    } throws: { error in
      guard case .call(_, .noProcess, _) = error as? KernelError else { return false }
      return true
    }
  }

  @Test(.needsRoot, .needs("ip")) func errorsNameTheOnesThatExist() throws {
    let fixture = NamespaceFixture()
    let namespace = try fixture.addNamespace()
    let error = #expect(throws: KernelError.self) { try NetworkNamespace(selector: "none") }
    // Others may exist too, and the list is cut at twenty.
    let names = NetworkNamespace.names()
    guard names.count <= 20, names.contains(namespace.name) else { return }
    #expect(error?.description.contains(namespace.name) == true)
  }

  @Test(.needsRoot) func fileThatIsNoNamespace() throws {
    let namespace = try NetworkNamespace(selector: "/dev/null")
    #expect {
      try DedicatedThread.run(in: namespace) { () throws(KernelError) in 0 }
    } throws: { error in
      guard case .call("setns", .invalid, _) = error as? KernelError else { return false }
      return true
    }
  }

  @Test func threadsReturnAndThrow() throws {
    let before = try NetworkNamespace.currentIdentity()
    let value = try DedicatedThread.run { () throws(KernelError) in [1, 2, 3] }
    #expect(value == [1, 2, 3])
    let failure = KernelError.unstable(what: "it", attempts: 3)
    #expect(throws: failure) {
      try DedicatedThread.run { () throws(KernelError) -> Int in throw failure }
    }
    #expect(try NetworkNamespace.currentIdentity() == before)
  }

  @Test(.needsRoot) func freshNamespace() throws {
    let outside = try NetworkNamespace.currentIdentity()
    let (inside, interfaces) = try DedicatedThread.runInNewNamespace { () throws(KernelError) in
      (try NetworkNamespace.currentIdentity(), try InterfaceReader.interfaces())
    }
    #expect(inside != outside)
    #expect(interfaces.map(\.name) == ["lo"] && interfaces.first?.isUp == false)
    #expect(try NetworkNamespace.currentIdentity() == outside)
  }

  @Test(.needsRoot) func capabilitiesCanBeDropped() throws {
    // Capabilities belong to the thread, and this one ends.
    let (before, after) = try DedicatedThread.run { () throws(KernelError) in
      let before = Kernel.Privilege.hasNetAdmin
      try Kernel.Privilege.dropAllCapabilities()
      return (before, Kernel.Privilege.hasNetAdmin)
    }
    #expect(before && !after)
    #expect(Kernel.Privilege.hasNetAdmin)
    #expect {
      try DedicatedThread.run { () throws(KernelError) in
        try Kernel.Privilege.dropAllCapabilities()
        try DedicatedThread.runInNewNamespace { () throws(KernelError) in }
      }
    } throws: { error in
      (error as? KernelError)?.isPermission == true
    }
  }
}
