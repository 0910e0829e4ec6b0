internal import CMnl
internal import Glibc
internal import Model

/// A netlink socket, opened in the calling thread's network namespace; it stays there.
///
/// Requests run one after another, each to its end. The transport is libmnl's; the messages are
/// split and read in place, without a copy.
@safe
package struct NetlinkSocket: ~Copyable {
  /// Large enough for every dump message: the kernel builds them of at most 32 KiB
  /// (`netlink_dump`, net/netlink/af_netlink.c).
  private static let bufferSize = 65_536

  private var handle: OpaquePointer
  private let family: NetlinkFamily
  private var buffer: [UInt8]
  private var sequence: UInt32 = 0
  /// A dump runs, or was left before its end: the kernel would answer the next one with EBUSY.
  private var isDumpRunning = false

  /// Opens a socket of `family` and binds it to a port that the kernel chooses.
  ///
  /// - Throws: `KernelError.call`, with EPROTONOSUPPORT where the kernel lacks the family.
  package init(_ family: NetlinkFamily) throws(KernelError) {
    // Safe: a fresh handle that nobody else has.
    unsafe handle = try Self.open(family)
    self.family = family
    buffer = [UInt8](repeating: 0, count: Self.bufferSize)
  }

  deinit {
    // Safe: the handle is ours alone and not used again.
    unsafe _ = mnl_socket_close(handle)
  }

  /// The descriptor, for polling; it stays the socket's.
  package var descriptor: Int32 {
    // Safe: only reads the number from the live handle.
    unsafe mnl_socket_get_fd(handle)
  }

  /// Asks for one object: `body` gets the answer.
  ///
  /// - Parameter context: what it is for, for error texts: `reading the generation`.
  /// - Throws: `KernelError.call` with the kernel's error number, its own words (extended
  ///   acknowledgement) added to the context; what `body` throws.
  package mutating func request(
    _ request: borrowing NetlinkRequest, _ context: @autoclosure () -> String,
    _ body: (borrowing NetlinkMessage) throws(KernelError) -> Void
  ) throws(KernelError) {
    try send(request, context())
    while true {
      switch try receive(context(), body) {
      case .more: continue
      case .answered, .ended: return
      }
    }
  }

  /// Asks for all objects: `body` gets one after another.
  ///
  /// - Parameter context: what it is for, for error texts: `reading the rules`.
  /// - Returns: whether the dump was interrupted by a change.
  /// - Throws: `KernelError.call` with the kernel's error number; what `body` throws, which ends
  ///   the dump early at no further cost.
  package mutating func dump(
    _ request: borrowing NetlinkRequest, _ context: @autoclosure () -> String,
    _ body: (borrowing NetlinkMessage) throws(KernelError) -> Void
  ) throws(KernelError) -> DumpConsistency {
    try send(request, context())
    isDumpRunning = true
    var consistency = DumpConsistency.consistent
    while true {
      let step = try receive(context()) { (message) throws(KernelError) in
        if message.flags & NetlinkControl.dumpInterrupted != 0 { consistency = .interrupted }
        if message.type > NetlinkControl.done { try body(message) }
      }
      if step == .ended {
        isDumpRunning = false
        return consistency
      }
    }
  }

  /// Has messages carried out all together or not at all, each as one datagram's part
  /// (`nfnetlink_rcv_batch`, net/netfilter/nfnetlink.c).
  ///
  /// - Parameters:
  ///   - requests: between `opening` and `closing`, which only frame them.
  ///   - context: what it is for, for error texts: `adding a table`.
  /// - Throws: `KernelError.call` with the first message's error number that was refused.
  package mutating func transact(
    _ requests: [NetlinkRequest], opening: NetlinkRequest, closing: NetlinkRequest,
    _ context: @autoclosure () -> String
  ) throws(KernelError) {
    if isDumpRunning { try reopen() }
    let first = sequence &+ 1
    var datagram: [UInt8] = []
    for request in [opening] + requests + [closing] {
      sequence &+= 1
      datagram += request.message(sequence: sequence)
    }
    _ = try systemCall("sendto", context()) {
      // Safe: the array outlives the call, and its own count is passed.
      unsafe datagram.withUnsafeBytes { unsafe mnl_socket_sendto(handle, $0.baseAddress, $0.count) }
    }
    // The last request is the last one acknowledged; refusals come before, with numbers of theirs.
    let span = sequence &- first
    while true {
      let count = try receiveDatagram(context())
      var messages = NetlinkMessages(buffer.span.extracting(0..<count))
      while let message = try messages.next() {
        guard messages.sequence &- first <= span, message.type == NetlinkControl.error else {
          continue
        }
        try check(message, context())
        if messages.sequence == sequence &- 1 { return }
      }
    }
  }

  /// Joins a multicast group: its events come from now on.
  ///
  /// - Parameter bufferSize: bytes of events that may wait in the kernel; beyond, events are lost.
  package mutating func join(
    _ group: Int32, bufferSize: Int32, _ context: @autoclosure () -> String
  ) throws(KernelError) {
    // The plain option is for want of CAP_NET_ADMIN; its size is capped by net.core.rmem_max.
    for option in [SO_RCVBUF, SO_RCVBUFFORCE] {
      // Safe: the kernel reads the four bytes of the array during the call.
      _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, [bufferSize], 4)
    }
    _ = try systemCall("setsockopt", context()) {
      // Safe: as above.
      unsafe setsockopt(descriptor, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, [group], 4)
    }
  }

  /// Waits for events of the groups joined, and gives those of one datagram to `body`.
  ///
  /// - Returns: `false` if none came within `timeout`.
  /// - Throws: `KernelError.call` with ENOBUFS once after events were lost; the socket stays
  ///   usable.
  package mutating func receiveEvents(
    within timeout: Duration, _ context: @autoclosure () -> String,
    _ body: (borrowing NetlinkMessage) throws(KernelError) -> Void
  ) throws(KernelError) -> Bool {
    let milliseconds = Int32(clamping: (timeout.wholeNanoseconds + 999_999) / 1_000_000)
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let ready = try systemCall("poll", context()) {
      // Safe: the kernel writes into the one entry during the call.
      unsafe poll(&entry, 1, max(0, milliseconds))
    }
    guard ready > 0 else { return false }
    let count = try receiveDatagram(context())
    var messages = NetlinkMessages(buffer.span.extracting(0..<count))
    while let message = try messages.next() { try body(message) }
    return true
  }

  /// How far one datagram brought the answer.
  private enum Step {
    /// Nothing of ours, or more is to come.
    case more
    /// A single message that is not part of a dump.
    case answered
    /// NLMSG_DONE, or an acknowledgement.
    case ended
  }

  private mutating func send(
    _ request: borrowing NetlinkRequest, _ context: @autoclosure () -> String
  ) throws(KernelError) {
    if isDumpRunning { try reopen() }
    sequence &+= 1
    let message = request.message(sequence: sequence)
    _ = try systemCall("sendto", context()) {
      // Safe: the array outlives the call, and its own count is passed.
      unsafe message.withUnsafeBytes { unsafe mnl_socket_sendto(handle, $0.baseAddress, $0.count) }
    }
  }

  /// Receives one datagram and gives its messages to `body`, DONE (for its flags) included.
  private mutating func receive(
    _ context: @autoclosure () -> String,
    _ body: (borrowing NetlinkMessage) throws(KernelError) -> Void
  ) throws(KernelError) -> Step {
    let count = try receiveDatagram(context())
    var messages = NetlinkMessages(buffer.span.extracting(0..<count))
    var step = Step.more
    while let message = try messages.next() {
      // An answer to an earlier request that was left before its end.
      guard messages.sequence == sequence else { continue }
      switch message.type {
      case NetlinkControl.noOperation: continue
      case NetlinkControl.error:
        try check(message, context())
        step = .ended
      case NetlinkControl.done:
        try body(message)
        try check(message, context())
        step = .ended
      default:
        try body(message)
        if message.flags & NetlinkControl.multipart == 0, step == .more { step = .answered }
      }
    }
    return step
  }

  /// Receives into the buffer and returns the number of bytes.
  ///
  /// A datagram longer than the buffer gives `KernelError.tooLarge`.
  private mutating func receiveDatagram(
    _ context: @autoclosure () -> String
  ) throws(KernelError) -> Int {
    do {
      return try systemCall("recvmsg", context()) {
        // Safe: the kernel writes at most the buffer's own count.
        unsafe buffer.withUnsafeMutableBytes {
          unsafe mnl_socket_recvfrom(handle, $0.baseAddress, $0.count)
        }
      }
    } catch .call(_, ErrorNumber(rawValue: ENOSPC), _) {
      // libmnl's sign for MSG_TRUNC.
      throw .tooLarge(what: "netlink datagram", limit: Self.bufferSize)
    }
  }

  private mutating func reopen() throws(KernelError) {
    let fresh = unsafe try Self.open(family)
    // Safe: the old handle is replaced before anyone can use it again.
    unsafe _ = mnl_socket_close(handle)
    unsafe handle = fresh
    isDumpRunning = false
  }

  private static func open(_ family: NetlinkFamily) throws(KernelError) -> OpaquePointer {
    // Safe: takes two numbers; the result is checked.
    guard let handle = unsafe mnl_socket_open2(family.rawValue, Int32(SOCK_CLOEXEC.rawValue)) else {
      throw .call(name: "socket", error: currentError(), context: "opening a netlink socket")
    }
    do throws(KernelError) {
      _ = try systemCall("bind", "opening a netlink socket") {
        // Safe: the handle is live; port 0 lets the kernel choose.
        unsafe mnl_socket_bind(handle, 0, MNL_SOCKET_AUTOPID)
      }
    } catch {
      // Safe: opened above and not handed out.
      unsafe _ = mnl_socket_close(handle)
      throw error
    }
    // Without these options (before kernel 4.12) errors only lack their text.
    unsafe setOption(NETLINK_EXT_ACK, of: handle)
    unsafe setOption(NETLINK_CAP_ACK, of: handle)
    return unsafe handle
  }

  private static func setOption(_ option: Int32, of handle: OpaquePointer) {
    var on: Int32 = 1
    // Safe: the kernel reads the four bytes of `on` during the call.
    unsafe _ = mnl_socket_setsockopt(handle, option, &on, socklen_t(MemoryLayout<Int32>.size))
  }
}

/// Throws the error that an NLMSG_ERROR or NLMSG_DONE carries, if it carries one.
private func check(
  _ message: borrowing NetlinkMessage, _ context: @autoclosure () -> String
) throws(KernelError) {
  let isDone = message.type == NetlinkControl.done
  // NLMSG_DONE may be empty.
  if isDone && message.payload.count < 4 { return }
  let code = Int32(truncatingIfNeeded: try message.u32(at: 0))
  guard code < 0 else { return }
  let text = (try? acknowledgementText(message, isDone: isDone)) ?? nil
  throw .call(
    name: "netlink", error: ErrorNumber(rawValue: code == .min ? .max : -code),
    context: context() + (text.map { " (\($0))" } ?? ""))
}

/// The kernel's own words for an error, `nil` without.
private func acknowledgementText(
  _ message: borrowing NetlinkMessage, isDone: Bool
) throws(KernelError) -> String? {
  guard message.flags & NetlinkControl.acknowledgeAttributes != 0 else { return nil }
  // The error code; then, on NLMSG_ERROR, the request's header, and unless capped its payload.
  var start = 4
  if !isDone {
    let echoed = Int(try message.u32(at: 4))
    start += message.flags & NetlinkControl.capped != 0 ? 16 : max(echoed, 16)
  }
  var attributes = try message.attributes(after: start)
  while let attribute = try attributes.next() {
    if attribute.type == NetlinkControl.errorText { return attribute.string() }
  }
  return nil
}
