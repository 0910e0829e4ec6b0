internal import CLinux
package import Model

/// Which processes have which sockets open: one walk over /proc, for tables of sockets.
///
/// Processes of other users can be seen only with CAP_SYS_PTRACE. Those that vanish meanwhile or
/// may not be looked at are passed over. For a few sockets `ProgramReader` has less to do.
package struct ProcessTable: Sendable {
  /// By inode, by rising pid.
  private let holders: [UInt64: [Int32]]
  private let parents: [Int32: Int32]
  private let facts: [Int32: ProcessFacts]

  /// Looks through every process.
  ///
  /// - Parameter inodes: those of the sockets of interest; 0 is none.
  package init(holding inodes: Set<UInt64>) {
    var holders: [UInt64: [Int32]] = [:]
    var parents: [Int32: Int32] = [:]
    var facts: [Int32: ProcessFacts] = [:]
    holders.reserveCapacity(inodes.count)
    let clock = StartClock()
    var buffer = [UInt64](repeating: 0, count: 256)
    for pid in Directory.numbers("/proc").sorted() where !inodes.isEmpty {
      var held: Set<UInt64> = []
      for inode in Self.sockets(of: pid, &buffer) where inodes.contains(inode) {
        guard held.insert(inode).inserted else { continue }
        holders[inode, default: []].append(pid)
      }
      guard !held.isEmpty, let status = ProcessStatus(pid: pid) else { continue }
      parents[pid] = status.parent
      facts[pid] = Self.facts(pid, status, clock)
    }
    self.holders = holders
    self.parents = parents
    self.facts = facts
  }

  /// Every process that has the socket open.
  package func holders(of inode: UInt64) -> [Int32] { holders[inode] ?? [] }

  /// The process that people know a socket by: the one from which the others have it. systemd holds
  /// the sockets of units that it starts on demand, besides the service itself: the service is the
  /// better answer if it runs.
  package func owner(of inode: UInt64) -> ProcessFacts? {
    guard let all = holders[inode] else { return nil }
    let others = all.filter { $0 != 1 }
    let eldest = others.first { pid in
      parents[pid].map { !others.contains($0) } ?? true
    }
    return (eldest ?? others.first ?? all.first).flatMap { facts[$0] }
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
    let path = CgroupTree.path(of: pid)
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
