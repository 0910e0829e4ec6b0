package import Model

/// A failure to learn something from the kernel: what failed, on what, and why.
package enum KernelError: Error, Hashable, Sendable {
  /// A system call failed.
  case call(name: String, error: ErrorNumber, context: String)
  /// The kernel answered with bytes that are not what the protocol promises.
  case malformed(what: String, path: String, offset: Int)
  /// The kernel lacks a facility (module, subsystem) that the question needs.
  case unavailable(what: String, hint: String?)
  /// What was read kept changing underneath.
  case unstable(what: String, attempts: Int)
  /// More than this program is willing to hold.
  case tooLarge(what: String, limit: Int)
  /// A helper program (only ever `nft`, for a ruleset file) failed.
  case program(name: String, status: Int32, message: String)

  /// The `errno` of the failed call, if it was a call.
  package var errorNumber: ErrorNumber? {
    guard case .call(_, let error, _) = self else { return nil }
    return error
  }

  /// Whether it failed for want of a privilege.
  package var isPermission: Bool {
    guard case .call(_, let error, _) = self else { return false }
    return error == .notPermitted || error == .accessDenied
  }
}

extension KernelError: CustomStringConvertible {
  /// A sentence for people, without capital and full stop.
  package var description: String {
    switch self {
    case .call(let name, let error, let context):
      return "\(context): \(name) failed: \(error)"
    case .malformed(let what, let path, let offset):
      return "the kernel's \(what) is malformed at \(path), byte \(offset)"
    case .unavailable(let what, let hint):
      return "\(what) is not available in this kernel" + (hint.map { " (\($0))" } ?? "")
    case .unstable(let what, let attempts):
      return "\(what) changed during each of \(attempts) attempts to read it"
    case .tooLarge(let what, let limit):
      return "\(what) exceeds the limit of \(limit)"
    case .program(let name, let status, let message):
      return "\(name) failed with status \(status): \(message)"
    }
  }
}
