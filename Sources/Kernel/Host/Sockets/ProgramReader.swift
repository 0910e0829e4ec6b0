internal import CLinux
package import Model

/// Finds the processes behind sockets.
///
/// Processes of other users can be seen only with CAP_SYS_PTRACE. Processes that vanish meanwhile
/// and directories that may not be read are passed over: what is not found stays `nil`.
package struct ProgramReader: Sendable {
  /// What an inode's search found.
  private struct Holder {
    var pid: Int32
    var unit: String?
  }

  private let users: UserDatabase

  /// - Parameter users: where names of users come from.
  package init(users: UserDatabase = UserDatabase()) {
    self.users = users
  }

  /// Fills in program, unit and user of each listener.
  ///
  /// The search begins with the few processes of the socket's cgroup, goes on with those of the
  /// socket's user, and ends with all others; it stops as soon as every inode is found.
  package func identify(_ listeners: inout [Listener]) {
    var names: [UInt32: String?] = [:]
    let holders = holders(of: listeners)
    for place in listeners.indices {
      let userID = listeners[place].userID
      let name = names[userID] ?? users.name(of: userID)
      names[userID] = .some(name)
      listeners[place].user = name
      guard let holder = holders[listeners[place].inode] else { continue }
      listeners[place].unit = holder.unit
      listeners[place].program = Program(
        pid: holder.pid, command: Self.command(of: holder.pid) ?? "")
    }
  }

  private func holders(of listeners: [Listener]) -> [UInt64: Holder] {
    var missing = Set(listeners.map(\.inode))
    // Sockets of the kernel itself, and those waiting to be closed, have none.
    missing.remove(0)
    var found: [UInt64: Holder] = [:]
    var visited: Set<Int32> = []
    func search(_ pids: [Int32], unit: String?? = nil) {
      for pid in pids where !missing.isEmpty && visited.insert(pid).inserted {
        for inode in Self.sockets(of: pid, among: missing) {
          let holder = Self.eldest(holding: inode, from: pid)
          // systemd holds the sockets of units that it starts on demand, besides the service
          // itself: the service is the better answer if it runs.
          if holder != 1 { missing.remove(inode) }
          let own = unit ?? CgroupTree.path(of: holder).flatMap(CgroupTree.unit(ofPath:))
          found[inode] = Holder(pid: holder, unit: own == "init.scope" ? nil : own)
        }
      }
    }
    for (cgroup, inodes) in Self.cgroups(of: listeners) where !missing.isDisjoint(with: inodes) {
      guard let directory = try? CgroupTree.directory(cgroup) else { continue }
      let unit = CgroupTree.unit(ofPath: directory)
      search(CgroupTree.processes(in: directory), unit: unit.map { .some($0) })
    }
    guard !missing.isEmpty else { return found }
    // The latest first: the earliest are threads of the kernel, which have nothing open.
    let everyone = Directory.numbers("/proc").sorted(by: >)
    let owners = Set(listeners.filter { missing.contains($0.inode) }.map(\.userID))
    var others: [Int32] = []
    for pid in everyone where !missing.isEmpty {
      let owner = (try? FileStatus("/proc/\(pid)"))?.userID
      if let owner, owners.contains(owner) { search([pid]) } else { others.append(pid) }
    }
    search(others)
    return found
  }

  /// Inodes by the cgroup that the socket was made in. The root holds every process that is in no
  /// other cgroup, which narrows nothing.
  private static func cgroups(of listeners: [Listener]) -> [UInt64: Set<UInt64>] {
    var groups: [UInt64: Set<UInt64>] = [:]
    for listener in listeners {
      guard let cgroup = listener.cgroupID, cgroup > 1, listener.inode != 0 else { continue }
      groups[cgroup, default: []].insert(listener.inode)
    }
    return groups
  }

  /// The process from which `pid` has a socket: the parent, while it holds the socket too. Workers
  /// come and go, and their master is who people know.
  private static func eldest(holding inode: UInt64, from pid: Int32) -> Int32 {
    var eldest = pid
    for _ in 0..<8 {
      guard let bytes = try? TextFile.readStart("/proc/\(eldest)/stat", count: 512),
        let parent = parent(in: bytes), parent > 1,
        !sockets(of: parent, among: [inode]).isEmpty
      else { break }
      eldest = parent
    }
    return eldest
  }

  /// The parent's pid in the content of /proc/PID/stat: the second field behind the command, which
  /// is in parentheses and may hold anything (proc(5)).
  static func parent(in bytes: [UInt8]) -> Int32? {
    guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let words = bytes[(end + 1)...].words
    return words.count < 2 ? nil : words[1].decimal.flatMap { Int32(exactly: $0) }
  }

  /// Which of the inodes a process has open.
  private static func sockets(of pid: Int32, among inodes: Set<UInt64>) -> [UInt64] {
    let wanted = Array(inodes)
    var found = [UInt8](repeating: 0, count: wanted.count)
    // Safe: both arrays have as many elements as the call is told, and outlive it.
    unsafe reach_find_sockets(pid, wanted, wanted.count, &found)
    return zip(wanted, found).filter { $0.1 != 0 }.map(\.0)
  }

  /// The name that the kernel has for a process, at most 15 bytes.
  package static func command(of pid: Int32) -> String? {
    (try? TextFile.readStart("/proc/\(pid)/comm", count: 64))?.trimmed.text
  }
}
