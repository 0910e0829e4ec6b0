internal import Glibc
internal import Synchronization

/// A thread that runs one closure and ends. Never one of a pool: its namespace must not leak.
final class NamespaceThread<Value: Sendable>: Sendable {
  private let body: @Sendable () throws -> Value
  private let outcome = Mutex<Result<Value, any Error>?>(nil)

  init(_ body: @escaping @Sendable () throws -> Value) {
    self.body = body
  }

  /// Runs the closure on the new thread and waits for its value or error.
  func result() throws -> Value {
    var thread = pthread_t()
    let job = Unmanaged.passRetained(
      Job { [self] in
        let value = Result { try body() }
        outcome.withLock { $0 = value }
      })
    let error = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, job.toOpaque())
    guard error == 0 else {
      job.release()
      throw FixtureError("starting a thread failed: \(String(cString: strerror(error)))")
    }
    pthread_join(thread, nil)
    guard let value = outcome.withLock({ $0 }) else {
      throw FixtureError("a thread ended without a result")
    }
    return try value.get()
  }
}

/// What a new thread is handed: a closure behind one pointer.
private final class Job: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) {
    self.run = run
  }
}
