internal import Model

extension NetlinkSocket {
  /// Runs a dump again that a change interrupted (`NLM_F_DUMP_INTR`), twice at most. What is still
  /// interrupted then is taken as it is: on a host that changes all the time nothing better can be
  /// had.
  ///
  /// - Parameter dump: starts from nothing each time.
  mutating func untilConsistent(
    _ dump: (inout NetlinkSocket) throws(KernelError) -> DumpConsistency
  ) throws(KernelError) {
    for _ in 0..<3 {
      if try dump(&self) == .consistent { return }
    }
  }

  /// What `decode` makes of the messages of a dump.
  mutating func collect<Element>(
    _ request: NetlinkRequest, _ context: String,
    _ decode: (borrowing NetlinkMessage) throws(KernelError) -> Element?
  ) throws(KernelError) -> [Element] {
    var elements: [Element] = []
    try untilConsistent { (socket) throws(KernelError) in
      elements = []
      return try socket.dump(request, context) { (message) throws(KernelError) in
        if let element = try decode(message) { elements.append(element) }
      }
    }
    return elements
  }
}
