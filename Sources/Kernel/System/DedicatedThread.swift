internal import CLinux
internal import Model

/// A thread that runs one body and ends, so that whatever namespace it entered ends with it.
///
/// Tasks run on pool threads that are shared, and a namespace is a property of the thread: hence
/// this.
package enum DedicatedThread {
  /// The namespace that the thread works in.
  private enum Place {
    case current
    case existing(NetworkNamespace)
    case fresh
  }

  /// The thread's stack, in bytes: deep rulesets are walked by recursion.
  private static let stackSize = 16 << 20

  /// Runs `body` on a thread of its own, in `namespace` (`nil`: the caller's), and waits for it.
  ///
  /// - Throws: what `body` throws, or `KernelError.call` when the thread can't be made or may not
  ///   enter the namespace.
  package static func run<Value>(
    in namespace: NetworkNamespace? = nil, _ body: () throws(KernelError) -> Value
  ) throws(KernelError) -> Value {
    try run(namespace.map { .existing($0) } ?? .current, body)
  }

  /// Runs `body` in a fresh network namespace that has only a loopback device, which is down. The
  /// namespace ends with the thread, and with the processes that `body` started from it.
  ///
  /// - Throws: what `body` throws, or `KernelError.call` (EPERM without CAP_SYS_ADMIN).
  package static func runInNewNamespace<Value>(
    _ body: () throws(KernelError) -> Value
  ) throws(KernelError) -> Value {
    try run(.fresh, body)
  }

  private static func run<Value>(
    _ place: Place, _ body: () throws(KernelError) -> Value
  ) throws(KernelError) -> Value {
    var outcome: Result<Value, KernelError>?
    try withoutActuallyEscaping(body) { (body) throws(KernelError) in
      try start {
        outcome = Result { () throws(KernelError) in
          try enter(place)
          return try body()
        }
      }
    }
    switch outcome {
    case .success(let value): return value
    case .failure(let error): throw error
    case nil: throw .call(name: "pthread_join", error: .noProcess, context: "running a thread")
    }
  }

  private static func enter(_ place: Place) throws(KernelError) {
    switch place {
    case .current: break
    case .existing(let namespace): try namespace.enter()
    case .fresh:
      _ = try systemCall("unshare", "making a network namespace") { reach_unshare_network() }
    }
  }

  /// What the thread finds behind its argument.
  private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// Starts a thread with `work` and waits until it has ended.
  private static func start(_ work: () -> Void) throws(KernelError) {
    let status = withoutActuallyEscaping(work) { work -> Int32 in
      let work = Work(work)
      // Safe: `work` lives until the thread has ended, which the call waits for.
      return withExtendedLifetime(work) {
        unsafe reach_run_thread(
          stackSize,
          { argument in
            guard let argument = unsafe argument else { return }
            unsafe Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue().body()
          }, Unmanaged.passUnretained(work).toOpaque())
      }
    }
    guard status == 0 else {
      throw .call(
        name: "pthread_create", error: ErrorNumber(rawValue: status), context: "starting a thread")
    }
  }
}
