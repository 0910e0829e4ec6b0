internal import CLinux
internal import Model

/// The hierarchy of cgroups (version 2), as far as it tells which unit a process belongs to.
package enum CgroupTree {
  /// Where it is mounted: alone, or beside version 1.
  private static let mounts = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]

  /// The mount point of cgroup2, `nil` when there is none.
  static var mount: String? {
    mounts.first { (try? FileStatus("\($0)/cgroup.procs")) != nil }
  }

  /// The path of the cgroup whose directory has the inode `identifier`, in the file system.
  ///
  /// - Throws: `KernelError.call`: EPERM without CAP_DAC_READ_SEARCH, ESTALE when it is gone.
  static func directory(_ identifier: UInt64) throws(KernelError) -> String {
    guard let mount else { throw .unavailable(what: "cgroup2", hint: nil) }
    let root = try TextFile.open(mount, context: "finding a cgroup")
    let descriptor = root.number
    let number = try systemCall("open_by_handle_at", "finding a cgroup") {
      reach_open_cgroup(descriptor, identifier)
    }
    let directory = FileDescriptor(owning: number)
    return try TextFile.linkTarget("/proc/self/fd/\(directory.number)").text
  }

  /// The processes of one cgroup; none if it can't be read.
  static func processes(in directory: String) -> [Int32] {
    let bytes = (try? TextFile.read("\(directory)/cgroup.procs", limit: 1 << 20)) ?? []
    return bytes.lines.compactMap { $0.decimal.flatMap { Int32(exactly: $0) } }.filter { $0 > 0 }
  }

  /// The cgroup2 path of a process, `/system.slice/ssh.service`; `nil` if it can't be read.
  package static func path(of pid: Int32) -> String? {
    (try? TextFile.read("/proc/\(pid)/cgroup", limit: 1 << 16)).flatMap(path(in:))
  }

  /// The path within the version 2 hierarchy alone, in the content of /proc/PID/cgroup: where BPF
  /// programs of a process sit.
  static func unifiedPath(in bytes: [UInt8]) -> String? {
    bytes.lines.first { $0.starts(with: "0::/".utf8) }?.dropFirst(3).text
  }

  /// The path in the content of /proc/PID/cgroup: the line of hierarchy 0, or, on a host with
  /// version 1 alone, that of systemd's own hierarchy (cgroups(7)).
  static func path(in bytes: [UInt8]) -> String? {
    var ofSystemd: String?
    for line in bytes.lines {
      let fields = line.split(
        separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      if fields[1].spells("name=systemd") { ofSystemd = fields[2].text }
      // A hybrid host keeps every process in the root of hierarchy 0.
      if fields[0].spells("0"), fields[1].isEmpty, !fields[2].spells("/") {
        return fields[2].text
      }
    }
    return ofSystemd
  }

  /// The systemd unit of a cgroup's path: its last component that is a service, scope, socket,
  /// mount or swap; slices only hold units. A container's scope inside a service is the scope.
  package static func unit(ofPath path: String) -> String? {
    let kinds = [".service", ".scope", ".socket", ".mount", ".swap"]
    return path.split(separator: "/").last { component in
      kinds.contains { component.hasSuffix($0) && component.utf8.count > $0.utf8.count }
    }.map(String.init)
  }

  /// The container that a cgroup's path tells of: `docker 4f1e2d3c4b5a`, `lxc web`; `nil` for none.
  ///
  /// Engines name scopes `ENGINE-ID.scope` under systemd, and directories `/ENGINE/ID` without it;
  /// of an id of 64 digits the first twelve are what people use.
  package static func container(ofPath path: String) -> String? {
    let parts = path.split(separator: "/")
    let scopes = ["docker", "libpod", "crio", "cri-containerd"]
    for (place, part) in parts.enumerated().reversed() {
      for engine in scopes where part.hasPrefix(engine + "-") && part.hasSuffix(".scope") {
        return "\(engine) \(part.dropFirst(engine.count + 1).dropLast(6).prefix(12))"
      }
      if part.hasPrefix("lxc.payload.") { return "lxc \(part.dropFirst(12))" }
      if part.hasPrefix("machine-"), part.hasSuffix(".scope") {
        return "machine \(part.dropFirst(8).dropLast(6))"
      }
      guard place > 0 else { continue }
      let parent = parts[place - 1]
      if parent == "docker" || parent == "lxc" { return "\(parent) \(part.prefix(12))" }
      // Kubernetes without systemd: /kubepods/.../podUID/ID.
      if parent.hasPrefix("pod"), part.count == 64 { return "pod \(part.prefix(12))" }
    }
    return nil
  }
}
