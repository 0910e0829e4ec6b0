import TestSupport
import Testing

@Suite("The test fixtures themselves")
struct SupportTests {
  @Test func commandsCollectBothStreamsAndTheStatus() throws {
    let output = try Command(["sh", "-c", "cat; echo no >&2; exit 3"], input: [104, 105]).output()
    #expect(output.status == 3)
    #expect(output.text == "hi")
    #expect(output.errorText == "no\n")
  }

  @Test func commandsThatHangAreKilled() {
    #expect(throws: FixtureError.self) { try Command(["sleep", "30"]).output(limit: 1) }
  }

  @Test func largeInputAndOutputDoNotBlockEachOther() throws {
    let input = [UInt8](repeating: 120, count: 1_000_000)
    #expect(try Command(["cat"], input: input).output().standardOutput == input)
  }

  @Test(.needsRoot, .needs("ip", "nc"))
  func namespacesAreJoinedAndDeleted() throws {
    let fixture = NamespaceFixture()
    let a = try fixture.addNamespace()
    let b = try fixture.addNamespace()
    try fixture.connect(
      a, "eth0", ["10.9.0.1/24", "fd09::1/64"], b, "eth0", ["10.9.0.2/24", "fd09::2/64"])
    let listener = try TestListener(on: .anyV4, in: b)
    let silent = try TestListener(on: .anyV6, in: a)
    try a.run("nc -z -w 2 10.9.0.2 \(listener.port)")
    try b.run("nc -z -w 2 fd09::1 \(silent.port)")
    #expect(throws: FixtureError.self) { try a.run("nc -z -w 2 10.9.0.2 1") }
    fixture.cleanUp()
    #expect(!TestFile.exists(a.path))
  }
}
