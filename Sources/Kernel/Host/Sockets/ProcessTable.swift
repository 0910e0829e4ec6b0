internal import CLinux
internal import Glibc
package import Model

/// Which processes have which sockets open: one walk over /proc, for tables of sockets.
///
/// Processes of other users can be seen only with CAP_SYS_PTRACE. Those that vanish meanwhile or
/// may not be looked at are passed over. For a few sockets `ProgramReader` has less to do.
package struct ProcessTable: Sendable {
  /// What a part of the processes has.
  private struct Share: Sendable {
    /// By inode, in no order.
    var holders: [UInt64: [Int32]] = [:]
    var parents: [Int32: Int32] = [:]
    var facts: [Int32: ProcessFacts] = [:]
  }

  /// Fewer processes than this are not worth a thread.
  private static let perThread = 250

  private let shares: [Share]

  /// Looks through every process, on as many threads as there are processors: the kernel takes its
  /// time to name each descriptor.
  ///
  /// - Parameters:
  ///   - inodes: those of the sockets of interest; 0 is none.
  ///   - work: what the calling thread does meanwhile.
  package init(holding inodes: Set<UInt64>, meanwhile work: () -> Void = {}) {
    let pids = inodes.isEmpty ? [] : Directory.numbers("/proc")
    let clock = StartClock()
    guard pids.count > Self.perThread else {
      work()
      shares = [Self.share(of: pids, inodes, clock)]
      return
    }
    let threads = min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), 8)
    shares = DetachedCall.all(
      (0..<threads).map { number in
        { @Sendable in
          let own = stride(from: number, to: pids.count, by: threads).map { pids[$0] }
          return Self.share(of: own, inodes, clock)
        }
      }, meanwhile: work)
  }

  private static func share(
    of pids: [Int32], _ inodes: Set<UInt64>, _ clock: StartClock
  ) -> Share {
    var share = Share()
    var buffer = [UInt64](repeating: 0, count: 256)
    for pid in pids {
      var held: Set<UInt64> = []
      for inode in sockets(of: pid, &buffer) where inodes.contains(inode) {
        guard held.insert(inode).inserted else { continue }
        share.holders[inode, default: []].append(pid)
      }
      guard !held.isEmpty, let status = ProcessStatus(pid: pid) else { continue }
      share.parents[pid] = status.parent
      share.facts[pid] = facts(pid, status, clock)
    }
    return share
  }

  /// Every process that has the socket open, by rising pid.
  package func holders(of inode: UInt64) -> [Int32] {
    let all = shares.compactMap { $0.holders[inode] }
    // Most sockets have one holder.
    if all.count == 1, let only = all.first, only.count == 1 { return only }
    return all.joined().sorted()
  }

  /// The process that people know a socket by: the one from which the others have it. systemd holds
  /// the sockets of units that it starts on demand, besides the service itself: the service is the
  /// better answer if it runs.
  ///
  /// - Parameter holders: every process that has the socket, as `holders(of:)` gives them.
  package func owner(among holders: [Int32]) -> ProcessFacts? {
    let others = holders.filter { $0 != 1 }
    let eldest = others.first { pid in
      parent(of: pid).map { !others.contains($0) } ?? true
    }
    return (eldest ?? others.first ?? holders.first).flatMap { pid in
      shares.lazy.compactMap { $0.facts[pid] }.first
    }
  }

  private func parent(of pid: Int32) -> Int32? {
    shares.lazy.compactMap { $0.parents[pid] }.first
  }

  /// The inodes of a process' sockets, in `buffer`, which grows as it must.
  private static func sockets(of pid: Int32, _ buffer: inout [UInt64]) -> ArraySlice<UInt64> {
    for _ in 0..<4 {
      let room = buffer.count
      // Safe: the array has as many elements as the call is told, and outlives it.
      let count = unsafe reach_list_sockets(pid, &buffer, room)
      if count <= 0 { return [] }
      if count <= room { return buffer[..<count] }
      // A process has at most `fs.nr_open` descriptors, a million unless somebody raised it.
      buffer = [UInt64](repeating: 0, count: min(count &+ 256, 1 << 24))
    }
    return buffer[...]
  }

  private static func facts(
    _ pid: Int32, _ status: ProcessStatus, _ clock: StartClock
  ) -> ProcessFacts {
    let words = (try? TextFile.readStart("/proc/\(pid)/cmdline", count: 4096)) ?? []
    let groups = (try? TextFile.readStart("/proc/\(pid)/cgroup", count: 4096)) ?? []
    let path = CgroupTree.path(in: groups)
    let unit = path.flatMap(CgroupTree.unit(ofPath:))
    return ProcessFacts(
      pid: pid, command: status.command, commandLine: commandLine(words),
      started: clock.started(ticks: status.startTicks),
      // What systemd itself listens on belongs to the unit that it would start.
      unit: unit == "init.scope" ? nil : unit,
      container: path.flatMap(CgroupTree.container(ofPath:)))
  }

  /// The words of /proc/PID/cmdline, each ended by a NUL, with spaces between them; `nil` for none.
  static func commandLine(_ bytes: [UInt8]) -> String? {
    var line = bytes[...]
    while line.last == 0 { line.removeLast() }
    guard !line.isEmpty else { return nil }
    return line.map { $0 == 0 ? UInt8(ascii: " ") : $0 }.text
  }
}

/// The content of /proc/PID/stat (proc(5)), as far as it is asked for.
struct ProcessStatus {
  /// At most 15 bytes, in parentheses in the file; it may hold anything, closing ones too.
  var command: String
  var parent: Int32
  /// Clock ticks from the host's start to the process'.
  var startTicks: UInt64

  init?(pid: Int32) {
    guard let bytes = try? TextFile.readStart("/proc/\(pid)/stat", count: 1024) else { return nil }
    self.init(bytes)
  }

  init?(_ bytes: [UInt8]) {
    guard let open = bytes.firstIndex(of: UInt8(ascii: "(")),
      let close = bytes.lastIndex(of: UInt8(ascii: ")")), open < close
    else { return nil }
    let words = bytes[(close + 1)...].words
    // The third field is the first of these: parent is the fourth, starttime the 22nd.
    guard words.count > 19, let parent = words[1].decimal.flatMap({ Int32(exactly: $0) }),
      let ticks = words[19].decimal
    else { return nil }
    command = bytes[(open + 1)..<close].text
    self.parent = parent
    startTicks = ticks
  }
}
