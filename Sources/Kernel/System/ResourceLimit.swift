internal import Glibc

/// How many files this process may have open (`RLIMIT_NOFILE`, getrlimit(2)).
package enum OpenFileLimit {
  /// Raises the soft limit to the hard one where it is below `wanted`, and returns what holds then.
  ///
  /// A limit that can't be read or raised is no error: the caller meets EMFILE sooner, that is all.
  package static func raise(toHold wanted: Int) -> Int {
    var limit = rlimit()
    // Safe: the call writes one rlimit, which lives on this stack.
    guard unsafe getrlimit(__rlimit_resource_t(7), &limit) == 0 else { return 1024 }
    if limit.rlim_cur < UInt(clamping: wanted), limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = limit.rlim_max
      // Safe: the call only reads the rlimit.
      if unsafe setrlimit(__rlimit_resource_t(7), &raised) == 0 { limit = raised }
    }
    return Int(clamping: limit.rlim_cur)
  }
}
