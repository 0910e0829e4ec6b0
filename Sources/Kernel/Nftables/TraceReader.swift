internal import Model

/// Listens to nf_tables' trace in the calling thread's network namespace. Rules must set the flag
/// (`meta nftrace set 1`) for packets to appear.
package struct TraceReader: ~Copyable {
  /// `NFNLGRP_NFTRACE`, include/uapi/linux/netfilter/nfnetlink.h.
  private static let group: Int32 = 9

  private var socket: NetlinkSocket

  /// Starts to listen.
  ///
  /// - Throws: `KernelError.call` with EPERM without CAP_NET_ADMIN.
  package init() throws(KernelError) {
    var socket = try NetlinkSocket.nftables()
    try socket.join(Self.group, bufferSize: 32 << 20, "listening to the trace")
    self.socket = socket
  }

  /// The descriptor, for polling; it stays the reader's.
  package var descriptor: Int32 { socket.descriptor }

  /// The events that arrived together, waiting for the first of them; empty if none came in time.
  ///
  /// - Throws: `KernelError.call` with ENOBUFS once after events were lost.
  package mutating func events(within timeout: Duration) throws(KernelError) -> [TraceEvent] {
    var events: [TraceEvent] = []
    _ = try socket.receiveEvents(within: timeout, "listening to the trace") {
      (message) throws(KernelError) in
      guard message.type == NftablesMessage.trace.type else { return }
      events.append(try TraceEvent(message))
    }
    return events
  }
}
