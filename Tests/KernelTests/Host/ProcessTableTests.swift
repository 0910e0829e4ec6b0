import Testing

@testable import Kernel

/// What /proc says of a process, as bytes.
@Suite struct ProcessTableTests {
  @Test func commandsMayHoldAnything() {
    let rest = " S 41 " + (5...22).map(String.init).joined(separator: " ") + " 77"
    let status = ProcessStatus(Array("812 (a) (b\u{1b}) \n)\(rest)".utf8))
    #expect(status?.command == "a) (b\u{1b}) \n")
    #expect(status?.parent == 41)
    #expect(status?.startTicks == 22)
  }

  @Test(arguments: ["", "812", "812 (sh", "812 )sh(", "812 (sh) S", "812 (sh) S x 1 1", "()"])
  func brokenStatusIsNone(text: String) {
    #expect(ProcessStatus(Array(text.utf8)) == nil)
  }

  @Test func wordsAreJoined() {
    #expect(ProcessTable.commandLine(Array("a\0b c\0\0".utf8)) == "a b c")
    #expect(ProcessTable.commandLine([0, 0]) == nil)
    #expect(ProcessTable.commandLine([]) == nil)
  }

  @Test(
    arguments: [
      ("/system.slice/docker-\(String(repeating: "4f", count: 32)).scope", "docker 4f4f4f4f4f4f"),
      ("/docker/\(String(repeating: "ab", count: 32))", "docker abababababab"),
      ("/lxc.payload.web/system.slice/ssh.service", "lxc web"),
      ("/machine.slice/machine-db.scope", "machine db"),
      (
        "/machine.slice/libpod-\(String(repeating: "c", count: 64)).scope/container",
        "libpod cccccccccccc"
      ),
      ("/system.slice/ssh.service", nil), ("/", nil), ("", nil),
    ] as [(String, String?)])
  func containersAreRecognised(path: String, container: String?) {
    #expect(CgroupTree.container(ofPath: path) == container)
  }
}
