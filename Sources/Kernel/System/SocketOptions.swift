internal import Glibc
package import Model

/// A socket option with an `int` as value: level and name.
struct SocketOption {
  let level: Int32
  let name: Int32

  /// The corresponding C names are `SOL_IP` and `IP_RECVERR` (ip(7)), `SOL_IPV6` and `IPV6_RECVERR`
  /// (ipv6(7)).
  static func errorQueue(_ family: IPFamily) -> SocketOption {
    family == .v4 ? SocketOption(level: 0, name: 11) : SocketOption(level: 41, name: 25)
  }

  /// The corresponding C names are `SOL_IP` and `IP_BIND_ADDRESS_NO_PORT` (ip(7)); both families.
  static let bindAddressWithoutPort = SocketOption(level: 0, name: 24)
  /// The corresponding C name is `SO_REUSEADDR` (socket(7)).
  static let reuseAddress = SocketOption(level: SOL_SOCKET, name: SO_REUSEADDR)
  /// The corresponding C name is `SO_MARK` (socket(7)).
  static let mark = SocketOption(level: SOL_SOCKET, name: SO_MARK)

  /// Sets the option of the open socket `descriptor`.
  func apply(to descriptor: Int32, _ value: Int32) throws(KernelError) {
    var value = value
    _ = try systemCall("setsockopt", "setting a socket option") {
      // Safe: the call reads one int, which lives on this stack.
      unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }
}

extension Socket {
  /// Binds the socket to a device: packets leave and arrive there only (`SO_BINDTODEVICE`,
  /// socket(7)).
  ///
  /// - Throws: `.call` with ENODEV, or EPERM where the socket is bound already.
  package func bind(toDevice name: String) throws(KernelError) {
    let bytes = Array(name.utf8)
    _ = try systemCall("setsockopt", "binding to the device \(name)") {
      // Safe: the call reads `bytes.count` bytes of the array.
      unsafe setsockopt(
        descriptor.number, SOL_SOCKET, SO_BINDTODEVICE, bytes, socklen_t(bytes.count))
    }
  }

  /// Gives every packet the mark (`SO_MARK`; needs CAP_NET_ADMIN or CAP_NET_RAW).
  package func setMark(_ mark: UInt32) throws(KernelError) {
    try SocketOption.mark.apply(to: descriptor.number, Int32(bitPattern: mark))
  }

  /// Makes closing send a RST and forget the connection at once, so that no TIME_WAIT remains
  /// (`SO_LINGER` with a time of zero, socket(7)).
  package func resetOnClose() {
    var value = linger(l_onoff: 1, l_linger: 0)
    // Safe: the call reads one linger. A failure only means the ordinary close.
    _ = unsafe setsockopt(
      descriptor.number, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
  }

  /// Takes the pending error, which reading clears (`SO_ERROR`, socket(7)); `nil`: there is none.
  package func takeError() -> ErrorNumber? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    // Safe: the kernel writes one int.
    let result = unsafe getsockopt(descriptor.number, SOL_SOCKET, SO_ERROR, &value, &length)
    if result != 0 { return currentError() }
    return value == 0 ? nil : ErrorNumber(rawValue: value)
  }

  /// How often TCP has sent its present segment again (`tcpi_retransmits` of `TCP_INFO`, tcp(7)).
  package var retransmissions: Int {
    var info = [UInt8](repeating: 0, count: 8)
    var length = socklen_t(info.count)
    // Safe: the kernel writes at most `length` bytes, and cuts the structure there.
    let result = unsafe getsockopt(
      descriptor.number, Int32(TransportProtocol.tcp.rawValue), TCP_INFO, &info, &length)
    // struct tcp_info begins with u8 state, ca_state, retransmits.
    return result == 0 && length > 2 ? Int(info[2]) : 0
  }
}
