import Glibc
import Model
import TestSupport
import Testing

@testable import Kernel

/// Which service a port belongs to, from a tree of files made up here.
@Suite struct ServiceReaderTests {
  /// A directory that stands for the root, and is gone with the object.
  final class Tree: Sendable {
    let root = "/tmp/reach-test-root-\(getpid())-\(UInt64.random(in: .min ... .max))"

    init(_ files: [String: String] = [:], links: [String: String] = [:]) throws {
      try Command(["mkdir", "-p", root]).run()
      for (path, text) in files {
        try Command(["mkdir", "-p", directory(of: path)]).run()
        try TestFile.write(text.utf8, to: root + path)
      }
      for (path, target) in links {
        try Command(["mkdir", "-p", directory(of: path)]).run()
        try Command(["ln", "-s", target, root + path]).run()
      }
    }

    private func directory(of path: String) -> String {
      (root + path).split(separator: "/").dropLast().map { "/" + $0 }.joined()
    }

    func evidence(_ port: UInt16, _ transport: TransportProtocol = .tcp) -> ServiceEvidence? {
      ServiceReader(root: root).evidence(on: Port(port), transport)
    }

    deinit { _ = try? Command(["rm", "-rf", root]).run() }
  }

  private static let units = "/usr/lib/systemd/system"
  private static let packages = "/var/lib/dpkg/info"

  /// A systemctl that says what it is told, as the real one does for `show`.
  private static func systemctl(_ answer: String) -> [String: String] {
    ["/run/systemd/system/x": "", "/usr/bin/systemctl": "#!/bin/sh\n\(answer)\n"]
  }

  private static func executable(_ tree: Tree) throws {
    try Command(["chmod", "+x", tree.root + "/usr/bin/systemctl"]).run()
  }

  @Test func nothingIsInstalled() throws {
    let evidence = try Tree().evidence(80)
    #expect(evidence?.candidates.allSatisfy { !$0.isInstalled } == true)
    #expect(evidence?.candidates.first?.name == "nginx")
    #expect(evidence?.hasSystemd == false)
    #expect(try Tree().evidence(1) == nil)
  }

  @Test func packagesAndInitScriptsCountWithoutSystemd() throws {
    let tree = try Tree([
      "\(Self.packages)/apache2.list": "", "/etc/init.d/apache2": "",
    ])
    let first = tree.evidence(443)?.candidates.first
    #expect(first?.name == "apache2")
    #expect(first?.isPackageInstalled == true)
    #expect(first?.initScript == "apache2")
    #expect(first?.unit == nil)
  }

  @Test func unitsAreFoundUnderAliasesAndMasks() throws {
    let tree = try Tree(
      ["\(Self.units)/ssh.service": ""],
      links: [
        "/etc/systemd/system/sshd.service": "/usr/lib/systemd/system/ssh.service",
        "/etc/systemd/system/multi-user.target.wants/ssh.service":
          "/usr/lib/systemd/system/ssh.service",
        "/etc/systemd/system/redis-server.service": "/dev/null",
      ])
    let ssh = tree.evidence(22)?.candidates.first?.unit
    #expect(ssh == ServiceEvidence.Unit(name: "ssh.service", isEnabled: true))
    let redis = tree.evidence(6379)?.candidates.first?.unit
    #expect(redis?.isMasked == true)
    #expect(UnitFiles(root: tree.root).unit("sshd.service")?.name == "ssh.service")
  }

  @Test func socketUnitsTellTheirPortsWithDropIns() throws {
    let tree = try Tree([
      "\(Self.units)/ssh.socket": "[Socket]\nListenStream=22\nAccept=no\n",
      "\(Self.units)/ssh.service": "",
      "/etc/systemd/system/ssh.socket.d/port.conf":
        "[Socket]\nListenStream=\nListenStream=0.0.0.0:2222\nListenStream=[::]:2222\n",
      "\(Self.units)/own.socket": "[Socket]\nListenDatagram = 7777\nListenStream=/run/own\n",
      "\(Self.units)/many@.socket": "[Socket]\nListenStream=9999\n",
    ])
    #expect(tree.evidence(2222)?.candidates.first?.socket?.name == "ssh.socket")
    #expect(tree.evidence(2222)?.candidates.first?.unit?.name == "ssh.service")
    #expect(tree.evidence(22)?.candidates.first?.socket == nil)
    #expect(tree.evidence(7777, .udp)?.candidates.first?.name == "own")
    #expect(tree.evidence(7777, .tcp) == nil)
    #expect(tree.evidence(9999) == nil)
  }

  @Test func statesComeFromSystemctl() throws {
    let answer = "printf 'ActiveState=failed\\nId=nginx.service\\n\\nId=caddy.service\\n'"
    let tree = try Tree(
      Self.systemctl(answer).merging([
        "\(Self.units)/nginx.service": "", "\(Self.units)/caddy.service": "",
      ]) { first, _ in first })
    try Self.executable(tree)
    let evidence = tree.evidence(80)
    #expect(evidence?.hasSystemd == true)
    #expect(evidence?.candidates.first?.unit?.state == .failed)
    #expect(evidence?.candidates.first { $0.name == "caddy" }?.unit?.state == .unknown)
  }

  @Test func aSystemctlThatHangsIsLeftAlone() throws {
    let tree = try Tree(
      Self.systemctl("exec sleep 3000").merging([
        "\(Self.units)/nginx.service": "",
        "/sys/fs/cgroup/system.slice/nginx.service/cgroup.procs": "1\n",
      ]) { first, _ in first })
    try Self.executable(tree)
    #expect(tree.evidence(80)?.candidates.first?.unit?.state == .running)
  }

  @Test(
    arguments: [
      ("Id=a.service\nActiveState=active\n", ["a.service": .running]),
      ("ActiveState=inactive\nId=a.service", ["a.service": .stopped]),
      ("Id=a.service\n\nActiveState=failed\n", [:]), ("", [:]), ("\n\n\n=\nId", [:]),
      ("Id=a\nActiveState=odd\n\n\nId=b\nActiveState=activating", ["a": .unknown, "b": .running]),
    ] as [(String, [String: ServiceEvidence.Unit.State])])
  func answersAreTakenApart(text: String, states: [String: ServiceEvidence.Unit.State]) {
    #expect(ServiceReader.states(Array(text.utf8)) == states)
  }

  @Test func everyLineOfTheTableIsUnderstood() {
    let lines = KnownService.lineCount
    #expect(KnownService.table.count == lines)
    #expect(lines >= 80)
    let all = KnownService.table.flatMap { service in service.ports.map { (service.name, $0) } }
    #expect(all.count > 110)
    #expect(KnownService.usual(on: Port(5432), .tcp).first?.units == ["postgresql.service"])
    #expect(KnownService.usual(on: Port(53), .udp).count >= 4)
  }
}
