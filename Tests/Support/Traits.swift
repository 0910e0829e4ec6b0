package import Testing

extension Trait where Self == ConditionTrait {
  /// The test builds network namespaces and rulesets, so it runs only with CAP_NET_ADMIN and
  /// CAP_SYS_ADMIN: as root, usually.
  ///
  /// With `REACH_REQUIRE_KERNEL=1` in the environment a missing privilege fails the test instead of
  /// skipping it, so that a green run says what it ran.
  package static var needsRoot: Self {
    .enabled("needs CAP_NET_ADMIN and CAP_SYS_ADMIN: run the tests as root") {
      guard let missing = Privilege.missing else { return true }
      if environment("REACH_REQUIRE_KERNEL") == "1" { throw missing }
      return false
    }
  }

  /// The test runs `programs`; where one is not installed it is skipped, or fails if
  /// `REACH_REQUIRE_KERNEL=1`.
  package static func needs(_ programs: String...) -> Self {
    .enabled("needs \(programs.joined(separator: ", "))") {
      guard let missing = programs.first(where: { Command.path(of: $0) == nil }) else {
        return true
      }
      if environment("REACH_REQUIRE_KERNEL") == "1" {
        throw FixtureError("the program \(missing) is not installed")
      }
      return false
    }
  }
}

/// What this process may do.
package enum Privilege {
  /// Numbers of the capabilities that namespaces and rulesets take. The corresponding kernel
  /// constants are `CAP_NET_ADMIN` and `CAP_SYS_ADMIN` (include/uapi/linux/capability.h).
  private static let needed: UInt64 = 1 << 12 | 1 << 21

  /// Why namespaces can't be made, or `nil` if they can.
  package static var missing: FixtureError? {
    guard let status = try? TestFile.text("/proc/self/status") else {
      return FixtureError("/proc/self/status can't be read")
    }
    for line in status.split(separator: "\n") where line.hasPrefix("CapEff:") {
      let digits = line.dropFirst(7).drop { $0 == "\t" || $0 == " " }
      guard let effective = UInt64(digits, radix: 16), effective & needed == needed else {
        return FixtureError("CAP_NET_ADMIN or CAP_SYS_ADMIN is missing (CapEff \(digits))")
      }
      return nil
    }
    return FixtureError("/proc/self/status has no line CapEff")
  }
}
