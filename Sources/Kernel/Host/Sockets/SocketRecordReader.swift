package import Model

/// Reads sockets of every state, over sock_diag, in the calling thread's namespace.
///
/// Works without privilege. Source: include/uapi/linux/inet_diag.h, net/ipv4/inet_diag.c.
package struct SocketRecordReader: Sendable {
  /// Which sockets are asked for; the kernel leaves out the others.
  package struct Selection: Hashable, Sendable {
    package var transports: Set<TransportProtocol>
    package var families: Set<IPFamily>
    package var states: Set<SocketState>
    /// The local port is one of these; `nil`: any.
    package var ports: ClosedRange<UInt16>?

    package init(
      transports: Set<TransportProtocol> = [.tcp, .udp],
      families: Set<IPFamily> = Set(IPFamily.allCases),
      states: Set<SocketState> = [.listening, .closed], ports: ClosedRange<UInt16>? = nil
    ) {
      self.transports = transports
      self.families = families
      self.states = states
      self.ports = ports
    }
  }

  package init() {}

  /// The sockets, in the kernel's order; processes, users and units stay `nil`.
  ///
  /// - Throws: `KernelError`; `.unavailable` when the kernel has no sock_diag for a protocol.
  package func records(_ selection: Selection) throws(KernelError) -> [SocketRecord] {
    var socket = try NetlinkSocket(.socketDiagnosis)
    let states = selection.states.reduce(UInt32(0)) { $0 | 1 << UInt32($1.rawValue) }
    var records: [SocketRecord] = []
    for transport in [TransportProtocol.tcp, .udp] where selection.transports.contains(transport) {
      // A TCP socket that is closed is in no table.
      let wanted = transport == .tcp ? states & ~(1 << UInt32(SocketState.closed.rawValue)) : states
      guard wanted != 0 else { continue }
      for family in IPFamily.allCases where selection.families.contains(family) {
        let request = ListenerReader.request(transport, family, selection.ports, states: wanted)
        do throws(KernelError) {
          _ = try socket.dump(request, "reading the sockets") { (message) throws(KernelError) in
            guard let record = try Self.record(message, transport) else { return }
            if let ports = selection.ports, !ports.contains(record.listener.port.number) { return }
            records.append(record)
          }
        } catch .call("netlink", .noEntry, _) {
          if family == .v6 { continue }
          throw .unavailable(what: "the socket table", hint: "modprobe \(transport)_diag")
        }
      }
    }
    nameDevices(of: &records)
    return records
  }

  /// Decodes a `struct inet_diag_msg`: `idiag_state` and `idiag_wqueue` besides a listener's.
  static func record(
    _ message: borrowing NetlinkMessage, _ transport: TransportProtocol
  ) throws(KernelError) -> SocketRecord? {
    guard var listener = try ListenerReader.listener(message, transport),
      let state = SocketState(rawValue: try message.u8(at: 1))
    else { return nil }
    let isListening = transport == .tcp && state == .listening
    if !isListening { listener.backlog = 0 }
    return SocketRecord(
      listener: listener, state: state, sendQueue: isListening ? 0 : try message.u32(at: 60))
  }

  private func nameDevices(of records: inout [SocketRecord]) {
    let bound = records.indices.filter { records[$0].listener.device != nil }
    var listeners = bound.map { records[$0].listener }
    ListenerReader().nameDevices(of: &listeners)
    for (place, listener) in zip(bound, listeners) { records[place].listener = listener }
  }
}
