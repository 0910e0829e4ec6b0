package import Kernel
package import Model

/// Receives datagrams: the first one, whose sender a session then is with (`listen -u`), or all of
/// them from everybody (`listen -u -k`).
package enum DatagramReception {
  /// No datagram is longer (udp(7)).
  private static let limit = 65_536

  /// Waits for the first datagram, and connects the socket to its sender.
  ///
  /// - Returns: the sender and what it said; `nil` if it was interrupted.
  /// - Throws: `KernelError`.
  package static func first(
    on socket: borrowing Socket, isInterrupted: () -> Bool
  ) throws(KernelError) -> (sender: Endpoint, bytes: [UInt8])? {
    var found: (sender: Endpoint, bytes: [UInt8])?
    try each(on: socket, isInterrupted: isInterrupted) {
      (sender, scope, bytes) throws(KernelError) in
      _ = try socket.connect(
        to: sender.address, port: sender.port ?? Port(0), scope: scope)
      found = (sender, bytes)
      return false
    }
    return found
  }

  /// Hands over every datagram, and sends it back if `echoes`.
  ///
  /// - Parameter take: says whether there is to be more.
  /// - Throws: `KernelError`.
  package static func all(
    on socket: borrowing Socket, echoes: Bool, isInterrupted: () -> Bool,
    _ take: (Endpoint, [UInt8]) -> Bool
  ) throws(KernelError) {
    try each(on: socket, isInterrupted: isInterrupted) { sender, scope, bytes in
      if echoes, let port = sender.port {
        // A datagram that can't be answered is lost, as datagrams are.
        _ = try? socket.send(bytes, to: sender.address, port: port, scope: scope)
      }
      return take(sender, bytes)
    }
  }

  private static func each(
    on socket: borrowing Socket, isInterrupted: () -> Bool,
    _ take: (Endpoint, InterfaceIndex?, [UInt8]) throws(KernelError) -> Bool
  ) throws(KernelError) {
    var poller = try Poller(capacity: 4)
    try poller.followListener(socket, token: 0, isNew: true, isWanted: true)
    while !isInterrupted() {
      _ = try poller.wait(until: nil) { _, _ in }
      while !isInterrupted() {
        let datagram: (bytes: [UInt8], sender: Endpoint?, scope: InterfaceIndex?)?
        do throws(KernelError) {
          datagram = try socket.receiveFrom(limit: limit)
        } catch {
          // An error that an earlier answer met.
          continue
        }
        guard let (bytes, sender, scope) = datagram else { break }
        guard let sender else { continue }
        if try !take(sender, scope, bytes) { return }
      }
    }
  }
}
