internal import Glibc
internal import Kernel
internal import Synchronization

/// A small network of throwaway namespaces, for one test. It never touches the host's own.
package final class NamespaceFixture: Sendable {
  private static let counter = Atomic<Int>(0)
  private let namespaces = Mutex<[TestNamespace]>([])

  package init() {}

  deinit { cleanUp() }

  /// Makes a namespace `reach-test-PID-N` with its loopback device up.
  package func addNamespace() throws -> TestNamespace {
    let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
    let namespace = TestNamespace(name: "reach-test-\(getpid())-\(number)")
    try Command(["ip", "netns", "add", namespace.name]).run()
    namespaces.withLock { $0.append(namespace) }
    try namespace.ip("link set lo up")
    return namespace
  }

  /// Joins two namespaces with a veth pair, both ends up. Addresses are in prefix notation, any
  /// number of them; IPv6 addresses are usable at once (no duplicate address detection).
  package func connect(
    _ a: TestNamespace, _ aDevice: String, _ aAddresses: [String],
    _ b: TestNamespace, _ bDevice: String, _ bAddresses: [String]
  ) throws {
    try Command([
      "ip", "link", "add", aDevice, "netns", a.name, "type", "veth",
      "peer", "name", bDevice, "netns", b.name,
    ]).run()
    for (namespace, device, addresses) in [(a, aDevice, aAddresses), (b, bDevice, bAddresses)] {
      // Left to itself the device would send router solicitations and MLD reports into the test.
      try namespace.sysctl("net.ipv6.conf.\(device).accept_dad", "0")
      try namespace.sysctl("net.ipv6.conf.\(device).router_solicitations", "0")
      for address in addresses {
        let flags = address.contains(":") ? " nodad" : ""
        try namespace.ip("address add \(address) dev \(device)\(flags)")
      }
      try namespace.ip("link set \(device) up")
    }
  }

  /// Deletes the namespaces; what still runs inside ends its use of them by itself.
  package func cleanUp() {
    let doomed = namespaces.withLock { list in
      defer { list = [] }
      return list
    }
    for namespace in doomed {
      _ = try? Command(["ip", "netns", "delete", namespace.name]).run()
    }
  }
}

/// A named network namespace made by a `NamespaceFixture`.
package struct TestNamespace: Sendable, Hashable {
  package let name: String

  /// The path under which iproute2 keeps it.
  package var path: String { "/run/netns/\(name)" }

  /// A program to be run inside.
  package func command(_ words: [String], input: [UInt8] = []) -> Command {
    Command(["ip", "netns", "exec", name] + words, input: input)
  }

  /// Runs `words`, which are split at spaces, inside; any failure is an error.
  @discardableResult
  package func run(_ words: String, input: [UInt8] = []) throws -> String {
    try command(words.split(separator: " ").map(String.init), input: input).run()
  }

  /// Runs `ip ARGUMENTS` for this namespace.
  @discardableResult
  package func ip(_ arguments: String) throws -> String {
    try Command(["ip", "-n", name] + arguments.split(separator: " ").map(String.init)).run()
  }

  /// Sets a sysctl by its dotted name.
  package func sysctl(_ key: String, _ value: String) throws {
    let path = "/proc/sys/" + key.split(separator: ".").joined(separator: "/")
    try inside { try TestFile.write(value.utf8, to: path) }
  }

  /// Loads a ruleset written in nft's language.
  package func loadRuleset(_ text: String) throws {
    try command(["nft", "-f", "-"], input: Array(text.utf8)).run()
  }

  /// Runs `body` on a thread of its own inside the namespace, and waits for it.
  ///
  /// Sockets made there stay in the namespace; the thread ends afterwards.
  package func inside<Result>(_ body: () throws -> Result) throws -> Result {
    let outcome = try DedicatedThread.run(in: NetworkNamespace(path: path)) {
      () throws(KernelError) -> Swift.Result<Result, any Error> in
      Swift.Result { try body() }
    }
    return try outcome.get()
  }
}
