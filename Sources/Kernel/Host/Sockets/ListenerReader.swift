internal import Glibc
package import Model

/// Reads the sockets that can receive, over sock_diag, in the calling thread's namespace.
///
/// Works without privilege. Source: include/uapi/linux/inet_diag.h, net/ipv4/inet_diag.c.
package struct ListenerReader: Sendable {
  package init() {}

  /// TCP listeners and UDP sockets, in the kernel's order; `program`, `user` and `unit` stay `nil`.
  ///
  /// - Parameters:
  ///   - transports: TCP, UDP or both; others have no listeners here.
  ///   - ports: only sockets with a local port of this range, which the kernel picks out.
  /// - Throws: `KernelError`; `.unavailable` when the kernel has no sock_diag for a protocol.
  package func listeners(
    transports: Set<TransportProtocol>, ports: ClosedRange<UInt16>? = nil
  ) throws(KernelError) -> [Listener] {
    var socket = try NetlinkSocket(.socketDiagnosis)
    return try listeners(transports: transports, ports: ports, over: &socket)
  }

  /// Like `listeners(transports:ports:)`, in the namespace that `socket` (of the family
  /// `socketDiagnosis`) belongs to.
  ///
  /// - Throws: as there.
  package func listeners(
    transports: Set<TransportProtocol>, ports: ClosedRange<UInt16>? = nil,
    over socket: inout NetlinkSocket
  ) throws(KernelError) -> [Listener] {
    var listeners: [Listener] = []
    for transport in [TransportProtocol.tcp, .udp] where transports.contains(transport) {
      for family in IPFamily.allCases {
        let request = Self.request(transport, family, ports)
        do throws(KernelError) {
          _ = try socket.dump(request, "reading the sockets") { (message) throws(KernelError) in
            guard let listener = try Self.listener(message, transport) else { return }
            // A kernel without the filter program would send all.
            if let ports, !ports.contains(listener.port.number) { return }
            listeners.append(listener)
          }
        } catch .call("netlink", .noEntry, _) {
          // No handler: for a family switched off that is the answer, else a module is missing.
          if family == .v6 { continue }
          throw .unavailable(what: "the socket table", hint: "modprobe \(transport)_diag")
        }
      }
    }
    return listeners
  }

  /// Names of the devices that sockets are bound to.
  ///
  /// - Parameter listeners: each with a `device` gets its `deviceName`.
  package func nameDevices(of listeners: inout [Listener]) {
    for place in listeners.indices {
      guard let device = listeners[place].device else { continue }
      var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
      // Safe: the buffer has the size that if_indextoname(3) asks for, and outlives the call.
      guard unsafe if_indextoname(device.rawValue, &name) != nil else { continue }
      listeners[place].deviceName = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }.text
    }
  }

  /// `struct inet_diag_req_v2`, and a filter program if ports were named.
  ///
  /// - Parameter states: a bit for each `TCP_*` state; `nil` for those that can receive.
  static func request(
    _ transport: TransportProtocol, _ family: IPFamily, _ ports: ClosedRange<UInt16>?,
    states: UInt32? = nil
  ) -> NetlinkRequest {
    // TCP_LISTEN; for UDP, TCP_CLOSE (unconnected) and TCP_ESTABLISHED.
    let states = states ?? (transport == .tcp ? 1 << 10 : 1 << 7 | 1 << 1)
    var header: [UInt8] = [family.rawValue, transport.rawValue, 0, 0] + states.hostBytes
    header += [UInt8](repeating: 0, count: 48)
    var request = NetlinkRequest(type: 20, flags: .dump, header: header)
    if let ports, ports != 0...UInt16.max {
      request.append(1, bytes: filter(ports))
    }
    return request
  }

  /// A program that accepts local ports of a range: two tests, each `struct inet_diag_bc_op` (u8
  /// code, u8 length if true, u16 jump if false) with the port in the second half of a NOP behind
  /// it. A jump to four bytes beyond the end rejects (`inet_diag_bc_run`).
  static func filter(_ ports: ClosedRange<UInt16>) -> [UInt8] {
    let (greaterOrEqual, lessOrEqual): (UInt8, UInt8) = (2, 3)
    return instruction(greaterOrEqual, 8, 20) + instruction(0, 4, ports.lowerBound)
      + instruction(lessOrEqual, 8, 12) + instruction(0, 4, ports.upperBound)
  }

  private static func instruction(_ code: UInt8, _ yes: UInt8, _ no: UInt16) -> [UInt8] {
    let ordered = no.littleEndian
    return [code, yes, UInt8(ordered & 0xff), UInt8(ordered >> 8)]
  }

  /// Decodes a `struct inet_diag_msg` (72 bytes) and its attributes.
  static func listener(
    _ message: borrowing NetlinkMessage, _ transport: TransportProtocol
  ) throws(KernelError) -> Listener? {
    guard let names = try SocketNames(message) else { return nil }
    var listener = Listener(
      transport: transport, address: names.address, port: names.port, peer: names.peer,
      device: names.device,
      queue: try message.u32(at: 56), backlog: try message.u32(at: 60),
      inode: UInt64(try message.u32(at: 68)), userID: try message.u32(at: 64))
    // idiag_wqueue is the accept queue's limit for a listener only (`tcp_diag_get_info`).
    if transport != .tcp { listener.backlog = 0 }
    var attributes = try message.attributes(after: 72)
    while let attribute = try attributes.next() {
      switch attribute.type {
      case 11: listener.isV6Only = try attribute.u8() != 0
      case 21: listener.cgroupID = try attribute.u64()
      default: break
      }
    }
    return listener
  }
}

/// What a socket is bound and connected to: the first part of `struct inet_diag_msg`.
struct SocketNames {
  let family: IPFamily
  let address: IPAddress
  let port: Port
  let peer: Endpoint?
  let device: InterfaceIndex?

  /// `nil` for a message that is no socket of IPv4 or IPv6.
  init?(_ message: borrowing NetlinkMessage) throws(KernelError) {
    guard message.type == 20, let family = IPFamily(rawValue: try message.u8(at: 0)) else {
      return nil
    }
    let count = family.addressLength
    guard let local = IPAddress(bytes: try message.bytes(at: 8, count: count)),
      let remote = IPAddress(bytes: try message.bytes(at: 24, count: count))
    else { return nil }
    self.family = family
    // A socket of `::ffff:a.b.c.d` takes IPv4 only: it is the IPv4 address that it is bound to.
    address = local.mappedV4 ?? local
    port = Port(try message.be16(at: 4))
    let remotePort = try message.be16(at: 6)
    peer =
      remotePort == 0 ? nil : Endpoint(remote.mappedV4 ?? remote, port: Port(remotePort))
    let device = try message.u32(at: 40)
    self.device = device == 0 ? nil : InterfaceIndex(rawValue: device)
  }
}
