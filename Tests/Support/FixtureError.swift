internal import Glibc

/// A test's surroundings could not be built, or broke.
package struct FixtureError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }

  /// The failure of a C call, told by `errno`.
  init(call: String) {
    description = "\(call) failed: \(String(cString: strerror(errno)))"
  }
}

/// The value of an environment variable.
package func environment(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }
}
