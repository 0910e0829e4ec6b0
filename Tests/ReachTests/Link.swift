import Glibc
import TestSupport

/// Two hosts on one link: `client` has 10.9.0.1 and fd09::1, `server` has 10.9.0.2 and fd09::2.
struct Link {
  let fixture = NamespaceFixture()
  let client: TestNamespace
  let server: TestNamespace

  init() throws {
    client = try fixture.addNamespace()
    server = try fixture.addNamespace()
    try fixture.connect(
      client, "eth0", ["10.9.0.1/24", "fd09::1/64"], server, "eth0", ["10.9.0.2/24", "fd09::2/64"])
  }

  /// A host of its own, with nothing but loopback.
  static func alone() throws -> (fixture: NamespaceFixture, host: TestNamespace) {
    let fixture = NamespaceFixture()
    return (fixture, try fixture.addNamespace())
  }
}

/// A copy of the command that an ordinary user may run, wherever the repository lies.
final class UnprivilegedCommand {
  static let words = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
  let path = "/tmp/reach-test-\(getpid())-\(UInt32.random(in: .min ... .max))"

  init() throws {
    try Command(["install", "-m", "755", ReachCommand.path, path]).run()
  }

  deinit { unlink(path) }

  func callAsFunction(_ words: String, in place: TestNamespace? = nil) throws -> Answer {
    let words = Self.words + [path] + words.split(separator: " ").map(String.init)
    return Answer(try (place.map { $0.command(words) } ?? Command(words)).output(limit: 600))
  }
}

/// A program in the background, ended and waited for with the object.
final class Background {
  private let pid: pid_t

  /// Starts `words` in a namespace, with silent streams.
  init(_ words: [String], in place: TestNamespace) throws {
    let output = try place.command(
      [
        "bash", "-c", "\"$@\" </dev/null >/dev/null 2>&1 & echo $!", "bash",
      ] + words
    ).output()
    guard let pid = pid_t(output.text.filter(\.isNumber)), pid > 1 else {
      throw FixtureError("starting \(words): \(output.errorText)")
    }
    self.pid = pid
  }

  deinit { kill(pid, SIGKILL) }
}
