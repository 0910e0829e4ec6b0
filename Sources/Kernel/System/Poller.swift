internal import CLinux
internal import Glibc
internal import Model

/// What a descriptor is ready for.
package struct Readiness: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The corresponding constants are `EPOLLIN` and `EPOLLRDHUP`.
  package static let readable = Readiness(rawValue: 0x1 | 0x2000)
  /// The corresponding constant is `EPOLLOUT`.
  package static let writable = Readiness(rawValue: 0x4)
  /// The corresponding constant is `EPOLLERR`: SO_ERROR is set, or the error queue is not empty.
  package static let failed = Readiness(rawValue: 0x8)
  /// The corresponding constant is `EPOLLHUP`.
  package static let hungUp = Readiness(rawValue: 0x10)
}

/// Waits for many sockets at once (epoll(7)), until a deadline on the monotonic clock.
///
/// Sockets are watched edge-triggered: each event is told once, and the receiver reads until there
/// is nothing more. A socket that is closed leaves by itself.
@safe package struct Poller: ~Copyable {
  private let descriptor: FileDescriptor
  /// Counted as unsafe for the pointer that an event's data can be; here it is always a number.
  private var events: [epoll_event]

  /// - Parameter capacity: how many events one wait takes at most.
  /// - Throws: `.call` with EMFILE ... (epoll_create1(2)).
  package init(capacity: Int = 64) throws(KernelError) {
    let number = try systemCall("epoll_create1", "opening the event queue") {
      epoll_create1(Int32(EPOLL_CLOEXEC))
    }
    descriptor = FileDescriptor(owning: number)
    // Safe: zeroes are valid events.
    unsafe events = Array(repeating: epoll_event(), count: max(1, capacity))
  }

  /// Watches a socket for everything; its events carry `token`. What it is ready for now is told.
  ///
  /// - Throws: `.call` with ENOSPC or ENOMEM (epoll_ctl(2)).
  package func watch(_ socket: borrowing Socket, token: UInt64) throws(KernelError) {
    let edgeTriggered: UInt32 = 1 << 31  // EPOLLET
    let interest = Readiness([.readable, .writable, .failed, .hungUp]).rawValue | edgeTriggered
    try control(socket.descriptor.number, EPOLL_CTL_ADD, interest, token)
  }

  /// Watches a stream for `interest` as long as it lasts (level-triggered), or changes what for;
  /// its events carry `token`.
  ///
  /// - Throws: `.call` with ENOSPC or ENOMEM; EPERM for a file, which is always ready
  /// (epoll_ctl(2)).
  package func follow(
    _ stream: ByteStream, for interest: Readiness, token: UInt64, isNew: Bool
  ) throws(KernelError) {
    try control(
      stream.descriptor.number, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, interest.rawValue & 0x5,
      token)
  }

  /// Watches a listening socket for connections, as long as some wait.
  ///
  /// - Throws: as `follow`.
  package func followListener(
    _ socket: borrowing Socket, token: UInt64, isNew: Bool, isWanted: Bool
  ) throws(KernelError) {
    try control(
      socket.descriptor.number, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, isWanted ? 0x1 : 0, token)
  }

  /// Watches a stream no longer.
  package func forget(_ stream: ByteStream) {
    try? control(stream.descriptor.number, EPOLL_CTL_DEL, 0, 0)
  }

  private func control(
    _ number: Int32, _ operation: Int32, _ events: UInt32, _ token: UInt64
  ) throws(KernelError) {
    // Safe: of the union that an event's data is, only the number is ever used.
    var event = unsafe epoll_event(events: events, data: epoll_data_t(u64: token))
    _ = try systemCall("epoll_ctl", "watching a stream") {
      // Safe: the call reads one epoll_event, which lives on this stack.
      unsafe epoll_ctl(descriptor.number, operation, number, &event)
    }
  }

  /// Waits until something happens, `deadline` passes (`nil`: for ever) or a signal comes, and
  /// hands each event to `body`.
  ///
  /// - Returns: how many events there were.
  package mutating func wait(
    until deadline: MonotonicTime?, _ body: (UInt64, Readiness) -> Void
  ) throws(KernelError) -> Int {
    var milliseconds: Int32 = -1
    if let deadline {
      let left = max(0, (deadline - .now).wholeNanoseconds)
      // Rounded up, so that the deadline has passed when the wait ends by it.
      milliseconds = Int32(clamping: (min(left, .max - 999_999) + 999_999) / 1_000_000)
    }
    // Safe: only the count is read.
    let capacity = Int32(clamping: unsafe events.count)
    // Not retried on EINTR: the caller wants to look at its interrupt flag.
    // Safe: the kernel writes at most `capacity` events into the array.
    let count = unsafe epoll_wait(descriptor.number, &events, capacity, milliseconds)
    if count < 0 {
      let error = currentError()
      if error == .interrupted { return 0 }
      throw .call(name: "epoll_wait", error: error, context: "waiting for sockets")
    }
    for index in 0..<Int(count) {
      // Safe: the token was stored as u64 in `watch`.
      unsafe body(events[index].data.u64, Readiness(rawValue: events[index].events))
    }
    return Int(count)
  }
}
