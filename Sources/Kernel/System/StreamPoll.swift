internal import Glibc
internal import Model

/// Waits for a handful of streams (poll(2)), files among them, which epoll(7) does not take.
package struct StreamPoll {
  /// One stream of a wait.
  package struct Entry {
    private(set) var number: Int32
    private(set) var interest: Readiness
    /// What `wait` found; `failed` and `hungUp` come unasked.
    package fileprivate(set) var ready: Readiness = []

    /// Asks for `interest`; `nil` stands for a stream that is of no interest now.
    package init(_ stream: ByteStream?, _ interest: Readiness) {
      number = stream?.descriptor.number ?? -1
      self.interest = interest
    }
  }

  /// Waits until something happens, `deadline` passes (`nil`: for ever) or a signal comes.
  ///
  /// - Returns: how many entries are ready; `nil` after a signal.
  /// - Throws: `.call` with ENOMEM ... (poll(2)).
  package static func wait(
    _ entries: inout [Entry], until deadline: MonotonicTime?
  ) throws(KernelError) -> Int? {
    var polled = entries.map { entry in
      let events = Int16(truncatingIfNeeded: entry.interest.rawValue & 0x5)
      return pollfd(fd: entry.number, events: events, revents: 0)
    }
    var milliseconds: Int32 = -1
    if let deadline {
      let left = max(0, (deadline - .now).wholeNanoseconds)
      milliseconds = Int32(clamping: (min(left, .max - 999_999) + 999_999) / 1_000_000)
    }
    // Not retried on EINTR: the caller wants to look at its interrupt flag.
    // Safe: the kernel writes within the array, whose count is given.
    let count = unsafe poll(&polled, nfds_t(polled.count), milliseconds)
    if count < 0 {
      let error = currentError()
      if error == .interrupted { return nil }
      throw .call(name: "poll", error: error, context: "waiting for data")
    }
    for place in entries.indices {
      // POLLNVAL (0x20) means a descriptor that is no longer open: as good as failed.
      let found = UInt32(UInt16(bitPattern: polled[place].revents))
      let isInvalid = found & 0x20 != 0
      entries[place].ready = Readiness(rawValue: found & 0x1d | (isInvalid ? 0x8 : 0))
    }
    return Int(count)
  }
}
