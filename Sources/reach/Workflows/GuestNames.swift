internal import Kernel
internal import Model
internal import Reporting

/// Who a peer is: its address, and for one of this host the program behind it.
struct GuestNames {
  let transport: TransportProtocol
  /// The port that is listened on.
  let port: Port?

  /// `10.9.0.1:40000`, or `127.0.0.1:40000 (curl, pid 812)`.
  func name(of peer: Endpoint?, withProgram: Bool) -> String {
    guard var peer else { return "somebody" }
    peer.address = peer.address.mappedV4 ?? peer.address
    guard withProgram, let program = program(behind: peer) else { return "\(peer)" }
    return "\(peer) (\(Escaping.printable(program.command)), pid \(program.pid))"
  }

  /// The program whose socket is the other end; `nil` for a peer on another host.
  private func program(behind peer: Endpoint) -> Program? {
    guard let number = peer.port?.number else { return nil }
    let selection = SocketRecordReader.Selection(
      transports: [transport], states: Set(SocketState.allCases), ports: number...number)
    guard let records = try? SocketRecordReader().records(selection) else { return nil }
    var found = records.map(\.listener).filter { socket in
      guard socket.inode != 0 else { return false }
      // A datagram's sender need not be connected.
      let isOurs = transport == .udp && socket.peer == nil || socket.peer?.port == port
      return isOurs && (socket.address == peer.address || socket.address.isUnspecified)
    }
    ProgramReader().identify(&found)
    return found.compactMap(\.program).first
  }
}
