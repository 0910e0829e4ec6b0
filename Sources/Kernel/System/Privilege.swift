internal import CLinux
internal import Glibc
internal import Model

/// The calling thread's capabilities (capabilities(7)).
package enum Privilege {
  /// CAP_NET_ADMIN: reading rulesets.
  private static let netAdmin: UInt64 = 12

  /// Whether the thread has CAP_NET_ADMIN in its own user namespace. The ruleset of a network
  /// namespace that belongs to another user namespace is refused all the same: trying decides.
  package static var hasNetAdmin: Bool {
    var set: UInt64 = 0
    // Safe: the number outlives the call, which fills it.
    return unsafe reach_effective_capabilities(&set) == 0 && set >> netAdmin & 1 == 1
  }

  /// Gives up every capability of the calling thread for good (a set-user-ID program could still
  /// give new ones to a child, so `nft` can be started before, not after). Each
  /// thread has its own.
  ///
  /// - Throws: `KernelError.call`.
  package static func dropAllCapabilities() throws(KernelError) {
    _ = try systemCall("capset", "dropping capabilities") { reach_drop_capabilities() }
  }
}
