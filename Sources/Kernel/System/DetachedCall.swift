internal import CLinux
internal import Glibc
internal import Model
internal import Synchronization

/// Runs a call that may hang, and can't be cancelled, on a thread of its own, and stops waiting
/// when the time is up. The thread goes on until the call returns; its result is then dropped.
enum DetachedCall {
  /// - Returns: what `body` returned; `nil` when it did not until `deadline`, or the wait was
  ///   interrupted.
  static func run<Value: Sendable>(
    until deadline: MonotonicTime, isInterrupted: () -> Bool,
    _ body: @escaping @Sendable () -> Value
  ) throws(KernelError) -> Value? {
    let call = try Call(body)
    try Work { call.perform() }.start()
    while true {
      let left = (deadline - .now).wholeNanoseconds
      // Short waits, so that an interruption is seen soon.
      let milliseconds = Int32(min(max(0, left / 1_000_000 + 1), 50))
      if let value = call.wait(milliseconds: milliseconds) { return value }
      if left <= 0 || isInterrupted() { return nil }
    }
  }

  /// Runs several bodies at once, each on a thread, does other work here meanwhile, and waits for
  /// all. Where no thread can be started, its body runs here afterwards.
  static func all<Value: Sendable>(
    _ bodies: [@Sendable () -> Value], meanwhile work: () -> Void
  ) -> [Value] {
    let calls = bodies.map { body -> (Call<Value>?, @Sendable () -> Value) in
      guard let call = try? Call(body) else { return (nil, body) }
      do throws(KernelError) {
        try Work { call.perform() }.start()
        return (call, body)
      } catch {
        return (nil, body)
      }
    }
    work()
    return calls.map { call, body in
      guard let call else { return body() }
      while true {
        if let value = call.wait(milliseconds: 1000) { return value }
      }
    }
  }

  /// What the two threads share.
  private final class Call<Value: Sendable>: Sendable {
    private struct State: ~Copyable {
      /// An eventfd(2), which becomes readable when the value is there.
      let signal: FileDescriptor
      var value: Value?
    }

    private let state: Mutex<State>
    private let body: @Sendable () -> Value

    init(_ body: @escaping @Sendable () -> Value) throws(KernelError) {
      self.body = body
      let number = try systemCall("eventfd", "starting a thread") {
        eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
      }
      state = Mutex(State(signal: FileDescriptor(owning: number), value: nil))
    }

    func perform() {
      let value = body()
      state.withLock {
        $0.value = value
        // Adds one to the counter; that can only fail when it is full, and readable anyway.
        _ = eventfd_write($0.signal.number, 1)
      }
    }

    func wait(milliseconds: Int32) -> Value? {
      var request = pollfd(
        fd: state.withLock { $0.signal.number }, events: Int16(POLLIN), revents: 0)
      // Safe: the call reads and writes one pollfd, which lives on this stack.
      _ = unsafe poll(&request, 1, milliseconds)
      return state.withLock { $0.value }
    }
  }

  /// What a thread does, in a form that a C function can find again.
  private final class Work: Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }

    /// Starts a thread that does the work, holding on to it, and ends.
    ///
    /// - Throws: `.call` with EAGAIN (pthread_create(3)).
    func start() throws(KernelError) {
      var attributes = pthread_attr_t()
      var thread = pthread_t()
      // Safe: the attributes are initialised first and destroyed last.
      unsafe pthread_attr_init(&attributes)
      unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
      // Safe: the reference counted here is taken over by the thread, or given back below.
      let reference = unsafe Unmanaged.passRetained(self)
      let result = unsafe pthread_create(
        &thread, &attributes,
        { context in
          guard let context = unsafe context else { return nil }
          unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
          return nil
        }, reference.toOpaque())
      unsafe pthread_attr_destroy(&attributes)
      guard result == 0 else {
        unsafe reference.release()
        throw .call(
          name: "pthread_create", error: ErrorNumber(rawValue: result), context: "starting a thread"
        )
      }
    }
  }
}
