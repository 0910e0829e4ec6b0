package import Model

/// Finds BPF programs that filter a cgroup's traffic, such as systemd's `IPAddressDeny=`.
///
/// Without the privilege to ask, or where the kernel has none, there is nothing to report: `[]`.
package enum CgroupFilterReader {
  /// Filters on the cgroup of the calling process: they act on its own probes.
  package static func filtersOnSelf() -> [OtherFilter] {
    guard let bytes = try? TextFile.read("/proc/self/cgroup", limit: 1 << 16),
      let path = CgroupTree.unifiedPath(in: bytes), let mount = CgroupTree.mount
    else { return [] }
    return filters(directory: path == "/" ? mount : mount + path)
  }

  /// Filters on the cgroup with this number (`Listener.cgroupID`): they act on its sockets.
  package static func filters(onCgroup identifier: UInt64) -> [OtherFilter] {
    guard let directory = try? CgroupTree.directory(identifier) else { return [] }
    return filters(directory: directory)
  }

  private static func filters(directory: String) -> [OtherFilter] {
    guard let file = try? TextFile.open(directory, context: "reading a cgroup's filters"),
      let target = UInt32(exactly: file.number)
    else { return [] }
    let cgroup = directory.split(separator: "/").last.map(String.init) ?? directory
    return ProgramQuery.ofCgroups.compactMap { type in
      guard let count = ProgramQuery.count(type, target: target, includingInherited: true),
        count > 0
      else { return nil }
      let programs = count == 1 ? "1 program" : "\(count) programs"
      return OtherFilter(
        kind: .cgroupBPF, direction: type.direction,
        family: type.name.hasSuffix("4") ? .v4 : type.name.hasSuffix("6") ? .v6 : nil,
        detail: "\(programs) (\(type.name)) on cgroup \(cgroup)")
    }
  }
}
