internal import Glibc
package import Model

/// An entry of a socket's error queue.
package struct SocketError: Hashable, Sendable {
  /// What a system call on the socket would report.
  package var error: ErrorNumber
  /// The ICMP error behind it; for an entry of local origin type and code are 0. `isLocal` is set
  /// when the entry says so (`SO_EE_ORIGIN_LOCAL`).
  package var icmp: ICMPError?

  package init(error: ErrorNumber, icmp: ICMPError?) {
    self.error = error
    self.icmp = icmp
  }
}

/// Reads the ICMP errors that the kernel kept for a socket (`MSG_ERRQUEUE`, recvmsg(2), ip(7)).
/// No privilege is needed.
package enum ErrorQueue {
  /// Takes all entries, oldest first. A queue that can't be read counts as empty.
  package static func read(_ socket: borrowing Socket) -> [SocketError] {
    var entries: [SocketError] = []
    // Bounded, so that a flood of errors can't hold the thread.
    for _ in 0..<16 {
      guard let control = nextControl(socket) else { break }
      if let entry = parse(control: control) { entries.append(entry) }
    }
    return entries
  }

  /// The control messages of the next entry; `nil`: the queue is empty.
  private static func nextControl(_ socket: borrowing Socket) -> ArraySlice<UInt8>? {
    var control = [UInt8](repeating: 0, count: 512)
    let capacity = control.count
    var length = 0
    let number = socket.descriptor.number
    // The quoted packet is not asked for: without an iovec the kernel cuts it off.
    // Safe: the kernel writes at most `msg_controllen` bytes into the array, which stays in place.
    let result = unsafe control.withUnsafeMutableBytes { raw in
      var message = unsafe msghdr()
      unsafe message.msg_control = raw.baseAddress
      unsafe message.msg_controllen = capacity
      let result = unsafe recvmsg(number, &message, Int32(MSG_ERRQUEUE))
      unsafe length = Int(message.msg_controllen)
      return result
    }
    guard result >= 0 else { return nil }
    return control.prefix(length)
  }

  /// Finds the `sock_extended_err` among control messages (cmsg(3), include/uapi/linux/errqueue.h).
  ///
  /// Bytes that are not what they should be give `nil`, whatever they are.
  static func parse(control: ArraySlice<UInt8>) -> SocketError? {
    // struct cmsghdr: size_t length with the header, int level, int type; aligned to size_t.
    let word = MemoryLayout<Int>.size
    let header = word + 8
    var rest = control
    while rest.count >= header {
      guard let length = Int(exactly: nativeInteger(rest.prefix(word))), length >= header,
        length <= rest.count
      else { return nil }
      let level = nativeInteger(rest.dropFirst(word).prefix(4))
      let type = nativeInteger(rest.dropFirst(word + 4).prefix(4))
      // SOL_IP, IP_RECVERR and SOL_IPV6, IPV6_RECVERR.
      if (level == 0 && type == 11) || (level == 41 && type == 25) {
        return extendedError(rest.prefix(length).dropFirst(header))
      }
      rest = rest.dropFirst((length + word - 1) / word * word)
    }
    return nil
  }

  /// Reads `struct sock_extended_err` and the offender's address after it.
  private static func extendedError(_ data: ArraySlice<UInt8>) -> SocketError? {
    let bytes = Array(data)
    guard bytes.count >= 16, let code = Int32(exactly: nativeInteger(bytes[0..<4])) else {
      return nil
    }
    let error = ErrorNumber(rawValue: code)
    let origin = bytes[4]
    // SO_EE_ORIGIN_LOCAL 1, ICMP 2, ICMP6 3; time stamps and zero-copy notices are not errors.
    guard (1...3).contains(origin) else { return nil }
    // A local entry has no offender: family AF_UNSPEC.
    guard let offender = SocketAddress.endpoint(bytes[16...])?.endpoint.address else {
      return SocketError(error: error, icmp: nil)
    }
    return SocketError(
      error: error,
      icmp: ICMPError(type: bytes[5], code: bytes[6], from: offender, isLocal: origin == 1))
  }

}

/// Up to eight bytes as a number in the machine's order.
func nativeInteger(_ bytes: some BidirectionalCollection<UInt8>) -> UInt64 {
  #if _endian(little)
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  #else
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  #endif
}
