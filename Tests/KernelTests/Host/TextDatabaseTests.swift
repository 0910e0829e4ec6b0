import Model
import Testing

@testable import Kernel

@Suite struct ServiceDatabaseTests {
  static let database = ServiceDatabase(
    bytes: Array(
      """
      # comment 22/tcp
      tcpmux\t\t1/tcp\t\t\t# TCP port service multiplexer
      ssh 22/tcp # SSH
      domain 53/tcp
      domain 53/udp
      http\t\t80/tcp\t\twww\t# WorldWideWeb HTTP
      broken
      broken2 99999/tcp
      broken3 -1/tcp
      broken4 80
      broken5 /
      odd 80/nonsense
      \u{0}\u{1} x/y
      salt-publish 4505/tcp
        indented 4506/tcp salt-request
      bytes-\u{fffd} 7/udp
      www-late 81/tcp www
      last 65535/udp
      """.utf8))

  @Test func namesToPorts() {
    let database = Self.database
    #expect(database.ports(named: "ssh", transport: .tcp) == [Port(22)])
    #expect(database.ports(named: "ssh", transport: .udp) == [])
    #expect(database.ports(named: "www", transport: .tcp) == [Port(80), Port(81)])
    #expect(database.services(named: "domain").map(\.transport) == [.tcp, .udp])
    #expect(database.ports(named: "salt-request", transport: .tcp) == [Port(4506)])
    #expect(database.services(named: "ss") == [])
    #expect(database.services(named: "SSH") == [])
    #expect(database.services(named: "") == [])
    #expect(database.services(named: "broken2") == [])
    #expect(database.ports(named: "last", transport: .udp) == [Port(65535)])
  }

  @Test func portsToNames() {
    let database = Self.database
    #expect(database.service(on: Port(80), transport: .tcp)?.name == "http")
    #expect(database.service(on: Port(80), transport: .tcp)?.aliases == ["www"])
    #expect(database.service(on: Port(80), transport: .udp) == nil)
    #expect(database.service(on: Port(4505), transport: .tcp)?.name == "salt-publish")
    #expect(database.service(on: Port(2), transport: .tcp) == nil)
    #expect(database.service(on: Port(22), transport: .tcp)?.name == "ssh")
    #expect(database.services(on: Port(53)).count == 2)
  }

  @Test func absentFileHasNoServices() {
    #expect(ServiceDatabase(path: "/nonexistent/services").services(on: Port(22)).isEmpty)
    #expect(ServiceDatabase(bytes: []).services(named: "ssh").isEmpty)
  }
}

@Suite struct UserDatabaseTests {
  @Test func firstNameOfAnID() {
    let users = UserDatabase(
      bytes: Array(
        """
        root:x:0:0:root:/root:/bin/bash
        toor:x:0:0::/:
        :x:7:7::/:
        short:x:8
        web:x:0033:33:www:/:/bin/sh
        big:x:4294967296:1:::
        """.utf8))
    #expect(users.name(of: 0) == "root")
    #expect(users.name(of: 33) == "web")
    #expect(users.name(of: 7) == nil)
    #expect(users.name(of: 8) == nil)
    #expect(users.name(of: 1000) == nil)
  }
}

@Suite struct CgroupTreeTests {
  @Test(
    arguments: [
      ("/system.slice/ssh.service", "ssh.service"),
      ("/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope", "app-x.scope"),
      ("/user.slice/user-0.slice/session-3.scope", "session-3.scope"),
      ("/system.slice/docker-0123.scope", "docker-0123.scope"),
      ("/system.slice/salt-master.service/child", "salt-master.service"),
      ("/system.slice", nil), ("/", nil), ("", nil), ("/.service", nil),
    ] as [(String, String?)])
  func unit(_ path: String, _ unit: String?) {
    #expect(CgroupTree.unit(ofPath: path) == unit)
  }

  @Test func pathOfProcess() {
    func path(_ text: String) -> String? { CgroupTree.path(in: Array(text.utf8)) }
    #expect(path("0::/system.slice/a.service\n") == "/system.slice/a.service")
    #expect(
      path("9:name=systemd:/system.slice/b.service\n1:cpu:/\n0::/\n") == "/system.slice/b.service")
    #expect(path("0::/x:y.service\n") == "/x:y.service")
    #expect(path("nonsense\n::\n") == nil)
    #expect(CgroupTree.unifiedPath(in: Array("1:cpu:/a\n0::/b\n".utf8)) == "/b")
    #expect(CgroupTree.unifiedPath(in: Array("1:cpu:/a\n".utf8)) == nil)
  }
}

@Suite struct ProcessTextTests {
  @Test(
    arguments: [
      ("812 (nginx) S 1 812 812 0", 1), ("9 (a) b) c (d) R 42 1", 42), ("9 (x) R", nil),
      ("9 x R 4", nil), ("", nil), ("9 (x) R -1", nil),
    ] as [(String, Int32?)])
  func parent(_ text: String, _ parent: Int32?) {
    #expect(ProgramReader.parent(in: Array(text.utf8)) == parent)
  }
}

@Suite struct FilterTextTests {
  @Test func queueReaders() {
    let text =
      "    0  12345     0 2 65531     0     0        0  1\n65535 7 0 2 9 0 0 0 1\nx\n70000 1\n"
    #expect(QueueReaderList.parse(Array(text.utf8)) == [0, 65535])
  }

  @Test func virtualServices() {
    let text = """
      IP Virtual Server version 1.2.1 (size=4096)
      Prot LocalAddress:Port Scheduler Flags
        -> RemoteAddress:Port Forward Weight ActiveConn InActConn
      TCP  C0000201:0050 rr
        -> 0A000001:0050      Masq    1      0          0
      UDP  [2001:0db8:0000:0000:0000:0000:0000:0001]:0035 wlc
      FWM  00000007 rr
      TCP  broken rr
      """
    let filters = VirtualServiceReader.parse(Array(text.utf8))
    #expect(
      filters.map(\.detail) == [
        "virtual service 192.0.2.1:80", "virtual service [2001:db8::1]:53",
        "virtual service of mark 0x00000007",
      ])
    #expect(filters.first?.selector?.destinationPorts == 80...80)
  }

  @Test(
    arguments: [
      (22, 0xffff, 22...22), (0, 0, nil), (1024, 0xfc00, 1024...2047), (5, 0x0001, nil),
    ] as [(UInt16, UInt16, ClosedRange<UInt16>?)])
  func maskedPorts(_ port: UInt16, _ mask: UInt16, _ range: ClosedRange<UInt16>?) {
    #expect(TransformPolicyReader.ports(port, mask: mask) == range)
  }
}
