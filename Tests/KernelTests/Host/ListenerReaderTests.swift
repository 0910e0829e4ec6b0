import Glibc
import Model
import TestSupport
import Testing

@testable import Kernel

@Suite(.needsRoot) struct ListenerReaderTests {
  @Test func socketsOfEveryKind() throws {
    let fixture = NamespaceFixture()
    let (a, b) = (try fixture.addNamespace(), try fixture.addNamespace())
    try fixture.connect(a, "eth0", ["192.0.2.1/24"], b, "eth0", ["192.0.2.2/24"])
    let found = try a.inside { () -> [Listener] in
      let sockets = try [
        TestSocket(on: .loopbackV4, port: 4505, backlog: 128),
        TestSocket(on: .anyV4, port: 80, device: "eth0"),
        TestSocket(on: .anyV6, port: 443, isV6Only: true),
        TestSocket(on: .anyV6, port: 22),
        TestSocket(.udp, on: .anyV4, port: 53),
      ]
      return try withExtendedLifetime(sockets) {
        let reader = ListenerReader()
        var listeners = try reader.listeners(transports: [.tcp, .udp])
        reader.nameDevices(of: &listeners)
        return listeners
      }
    }
    #expect(found.map(\.port.number).sorted() == [22, 53, 80, 443, 4505])
    func listener(_ port: UInt16) -> Listener? { found.first { $0.port == Port(port) } }
    #expect(listener(4505)?.address == .loopbackV4 && listener(4505)?.backlog == 128)
    #expect(listener(80)?.deviceName == "eth0")
    #expect(listener(443)?.isV6Only == true && listener(22)?.isV6Only == false)
    #expect(listener(53)?.transport == .udp && listener(53)?.userID == geteuid())
    #expect(listener(22)?.deviceName == nil && listener(22)?.inode != 0)
    #expect(try b.inside { try ListenerReader().listeners(transports: [.tcp, .udp]) }.isEmpty)
  }

  @Test func theKernelFiltersPorts() throws {
    let fixture = NamespaceFixture()
    let namespace = try fixture.addNamespace()
    try namespace.inside {
      let sockets = try (1...20).map { try TestSocket(on: .anyV4, port: 1000 + $0) }
      try withExtendedLifetime(sockets) {
        let reader = ListenerReader()
        #expect(try reader.listeners(transports: [.tcp]).count == 20)
        func ports(_ range: ClosedRange<UInt16>) throws -> [UInt16] {
          try reader.listeners(transports: [.tcp, .udp], ports: range).map(\.port.number).sorted()
        }
        #expect(try ports(1005...1005) == [1005])
        #expect(try ports(1019...65535) == [1019, 1020])
        #expect(try ports(0...1000) == [])
        #expect(try ports(0...65535).count == 20)
        // The kernel alone, without the second look of the decoder.
        var socket = try NetlinkSocket(.socketDiagnosis)
        var count = 0
        let request = ListenerReader.request(.tcp, .v4, 1003...1004)
        _ = try socket.dump(request, "testing") { (_) throws(KernelError) in count += 1 }
        #expect(count == 2)
      }
    }
  }

  @Test func fullBacklog() throws {
    let fixture = NamespaceFixture()
    let namespace = try fixture.addNamespace()
    let listener = try namespace.inside { () -> Listener? in
      let server = try TestSocket(on: .loopbackV4, port: 9, backlog: 0)
      let clients = try (0..<3).map { _ in try TestSocket(on: .anyV4, port: 0, backlog: nil) }
      for client in clients { client.startConnecting(to: .loopbackV4, port: 9) }
      return try withExtendedLifetime((server, clients)) {
        try ListenerReader().listeners(transports: [.tcp], ports: 9...9).first
      }
    }
    #expect(listener?.queue == 1 && listener?.backlog == 0)
    #expect(listener?.isBacklogFull == true)
  }

  @Test func connectedDatagramSocketHasAPeer() throws {
    let fixture = NamespaceFixture()
    let namespace = try fixture.addNamespace()
    let listener = try namespace.inside { () -> Listener? in
      let socket = try TestSocket(.udp, on: .loopbackV4, port: 5000)
      socket.startConnecting(to: .loopbackV4, port: 6000)
      return try withExtendedLifetime(socket) {
        try ListenerReader().listeners(transports: [.udp]).first
      }
    }
    #expect(listener?.peer == Endpoint(.loopbackV4, port: Port(6000)))
  }

  @Test func findsTheProgram() throws {
    let fixture = NamespaceFixture()
    let namespace = try fixture.addNamespace()
    let listeners = try namespace.inside { () -> [Listener] in
      let socket = try TestSocket(on: .loopbackV4, port: 4505)
      return try withExtendedLifetime(socket) {
        var listeners = try ListenerReader().listeners(transports: [.tcp])
        // A socket that nobody has open: the search must end all the same.
        var ghost = listeners[0]
        ghost.inode = .max
        listeners.append(ghost)
        ProgramReader(users: UserDatabase(bytes: Array("me:x:\(geteuid()):0:::\n".utf8)))
          .identify(&listeners)
        return listeners
      }
    }
    #expect(listeners.first?.program?.pid == getpid())
    #expect(listeners.first?.program?.command == ProgramReader.command(of: getpid()))
    #expect(listeners.first?.user == "me")
    #expect(listeners.last?.program == nil && listeners.last?.user == "me")
  }

  /// Of a master and its workers, which all hold the socket, the master is named.
  @Test func findsTheMaster() throws {
    let fixture = NamespaceFixture()
    let namespace = try fixture.addNamespace()
    let program = try namespace.inside { () -> Program? in
      let socket = try TestSocket(on: .loopbackV4, port: 4505)
      let worker = TestProcess(inheriting: socket.number)
      defer { worker.end() }
      var listeners = try ListenerReader().listeners(transports: [.tcp])
      ProgramReader().identify(&listeners)
      return listeners.first?.program
    }
    #expect(program?.pid == getpid())
  }

  /// The socket's cgroup leads to the process and names the unit.
  @Test(.needs("nc"), .enabled("needs cgroup2") { CgroupTree.mount != nil })
  func findsTheUnit() throws {
    let fixture = NamespaceFixture()
    let namespace = try fixture.addNamespace()
    let unit = "reach-test-\(getpid())-unit.service"
    let directory = try #require(CgroupTree.mount) + "/" + unit
    #expect(mkdir(directory, 0o755) == 0)
    defer { rmdir(directory) }
    let inode = try FileStatus(directory).inode
    let listener = try namespace.inside { () -> Listener? in
      let process = TestProcess([
        "sh", "-c", "echo $$ > \(directory)/cgroup.procs && exec nc -l 127.0.0.1 4505",
      ])
      defer { process.end() }
      for _ in 0..<200 {
        var listeners = try ListenerReader().listeners(transports: [.tcp], ports: 4505...4505)
        if !listeners.isEmpty {
          ProgramReader().identify(&listeners)
          return listeners.first?.program?.pid == process.pid ? listeners.first : nil
        }
        usleep(10_000)
      }
      return nil
    }
    #expect(listener?.unit == unit && listener?.program?.command == "nc")
    #expect(listener?.cgroupID == inode)
  }
}
