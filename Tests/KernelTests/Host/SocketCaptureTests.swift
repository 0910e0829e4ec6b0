import Model
import Testing

@testable import Kernel

/// Recorded sock_diag dumps, against the sockets that were open when they were recorded.
@Suite struct SocketCaptureTests {
  private func listeners(
    _ name: String, _ transport: TransportProtocol
  ) throws -> [UInt16: Listener] {
    let all = try Capture(name).decode { (m) throws(KernelError) in
      try ListenerReader.listener(m, transport)
    }
    return Dictionary(all.map { ($0.port.number, $0) }) { first, _ in first }
  }

  @Test func tcp() throws {
    let v4 = try listeners("sock-diag-tcp-v4", .tcp)
    #expect(v4.keys.sorted() == [9, 80, 4505])
    let salt = try #require(v4[4505])
    #expect(salt.address == .loopbackV4 && salt.backlog == 128 && salt.queue == 0)
    #expect(salt.device == nil && salt.peer == nil && salt.inode > 0 && salt.userID == 0)
    #expect(v4[80]?.device != nil && v4[80]?.address == .anyV4)
    let full = try #require(v4[9])
    #expect(full.queue == 1 && full.backlog == 0 && full.isBacklogFull)
  }

  @Test func tcpV6() throws {
    let v6 = try listeners("sock-diag-tcp-v6", .tcp)
    #expect(v6.keys.sorted() == [22, 443, 8080])
    #expect(v6[443]?.isV6Only == true && v6[443]?.address == .anyV6)
    #expect(v6[22]?.isV6Only == false && v6[22]?.address == .anyV6)
    // A mapped address takes IPv4 only.
    #expect(v6[8080]?.address == .loopbackV4)
  }

  @Test func udp() throws {
    let v4 = try listeners("sock-diag-udp-v4", .udp)
    #expect(v4[53]?.address == .anyV4 && v4[53]?.peer == nil && v4[53]?.backlog == 0)
    #expect(v4[5353]?.peer == Endpoint("192.0.2.2:53"))
    let v6 = try listeners("sock-diag-udp-v6", .udp)
    #expect(v6[123]?.address == IPAddress("2001:db8::1"))
  }

  /// The filter program as the kernel reads it: `struct inet_diag_bc_op`, little endian.
  @Test func filterProgram() {
    #expect(
      ListenerReader.filter(80...443) == [
        2, 8, 20, 0, 0, 4, 80, 0, 3, 8, 12, 0, 0, 4, 0xbb, 1,
      ])
  }
}
