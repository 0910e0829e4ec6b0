import Kernel
import Model
import Probing
import Testing

struct NameResolutionTests {
  private func addresses(
    _ text: String, _ resolution: NameResolution = NameResolution()
  ) throws -> [IPAddress] {
    try HostList(text).items.flatMap { try resolution.addresses(of: $0).map(\.address) }
  }

  @Test func numbersNeedNoResolver() throws {
    let numeric = NameResolution(isNumericOnly: true)
    #expect(try addresses("127.0.0.1", numeric) == [.loopbackV4])
    #expect(try addresses("::1", numeric) == [.loopbackV6])
    #expect(try addresses("127.1", numeric) == [.loopbackV4])
    #expect(try addresses("0x7f000001", numeric) == [.loopbackV4])
    #expect(try addresses("127.0.0.0/30", numeric).count == 4)
    #expect(try addresses("::ffff:127.0.0.1", numeric) == [.loopbackV4])
  }

  @Test func theHostsFile() throws {
    let both = try addresses("localhost")
    #expect(both.contains(.loopbackV4) || both.contains(.loopbackV6))
    #expect(Set(both).count == both.count)
    #expect(try addresses("localhost", NameResolution(family: .v4)) == [.loopbackV4])
  }

  @Test func whatIsNoAddress() {
    let numeric = NameResolution(isNumericOnly: true)
    for (text, resolution) in [
      ("localhost", numeric), ("127.0.0.1", NameResolution(family: .v6)),
      ("::1", NameResolution(family: .v4)), ("10.0.0.0/30", NameResolution(family: .v6)),
    ] {
      do {
        let found = try addresses(text, resolution)
        Issue.record("\(text) gave \(found)")
      } catch let error as ResolutionError {
        #expect(error.kind == .notFound)
        #expect(error.description.contains(text))
      } catch {
        Issue.record("\(text): \(error)")
      }
    }
  }

  @Test func theTimeoutHolds() {
    let clock = ContinuousClock()
    let start = clock.now
    // Answered, not found, no server: whatever happens here happens in time.
    _ = try? addresses("does-not-exist.invalid", NameResolution(timeout: .milliseconds(200)))
    #expect(clock.now - start < .seconds(1))
  }
}
