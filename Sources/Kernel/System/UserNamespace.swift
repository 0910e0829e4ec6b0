internal import CLinux
internal import Model

/// A user namespace of our own, in which an ordinary user may make network namespaces.
package enum UserNamespace {
  /// CAP_NET_ADMIN and CAP_SYS_ADMIN: making a network namespace and everything in it.
  private static let needed: UInt64 = 1 << 12 | 1 << 21

  /// Whether this process can make network namespaces for programs that it starts: it is root with
  /// the capabilities (another user's programs would not inherit them).
  package static var isUnneeded: Bool {
    var set: UInt64 = 0
    // Safe: the number outlives the call, which fills it.
    let isKnown = unsafe reach_effective_capabilities(&set) == 0
    return isKnown && set & needed == needed && CurrentProcess.effectiveUserID == 0
  }

  /// Moves the process into a fresh user namespace, as its root, for good. It stays in its network
  /// namespace, in which it has no more to say than before. Call it before threads start.
  ///
  /// - Throws: `KernelError.call`: EPERM or ENOSPC where user namespaces are forbidden, EINVAL
  ///   where the kernel has none.
  package static func enterNew() throws(KernelError) {
    _ = try systemCall("unshare", "making a user namespace") {
      reach_become_root_of_user_namespace()
    }
  }
}
