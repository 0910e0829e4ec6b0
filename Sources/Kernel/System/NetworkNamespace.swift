internal import CLinux
internal import Model

/// Names a network namespace of this host.
package struct NetworkNamespace: Hashable, Sendable {
  /// What `--netns` takes for it: a name, a path or a pid.
  package let selector: String
  /// The file that stands for it.
  package let path: String

  /// Tells namespaces apart: two names with one identity are one namespace.
  package struct Identity: Hashable, Sendable {
    package let device: UInt64
    package let inode: UInt64
  }

  /// The directories in which iproute2 and container engines bind namespaces to names.
  private static let nameDirectories = ["/run/netns", "/var/run/netns"]

  /// The namespace bound to `path`; nothing is looked at yet.
  package init(path: String) {
    self.init(path: path, selector: path)
  }

  private init(path: String, selector: String) {
    self.selector = selector
    self.path = path
  }

  /// The namespace of a process.
  package init(pid: Int32) {
    self.init(path: "/proc/\(pid)/ns/net", selector: String(pid))
  }

  /// Finds the namespace that a person named: by path if it has a slash, then by name, then, if it
  /// is a number, by process.
  ///
  /// - Throws: `KernelError.call` with ENOENT if there is none (the context tells which names there
  ///   are), with ESRCH if no such process runs, with EACCES or EPERM if it may not be looked at.
  package init(selector: String) throws(KernelError) {
    if selector.contains("/") {
      _ = try Self.status(selector, context: "network namespace '\(selector)'")
      self.init(path: selector)
      return
    }
    for directory in Self.nameDirectories where Self.isName(selector) {
      let path = "\(directory)/\(selector)"
      do throws(KernelError) {
        _ = try FileStatus(path)
      } catch .call(_, .noEntry, _) {
        continue
      }
      self.init(path: path, selector: selector)
      return
    }
    guard let pid = Int32(selector), pid > 0 else {
      throw .call(name: "open", error: .noEntry, context: Self.absence(of: selector))
    }
    self.init(pid: pid)
    do throws(KernelError) {
      _ = try Self.status(path, context: "network namespace of process \(pid)")
    } catch .call(let name, .noEntry, let context) {
      throw .call(name: name, error: .noProcess, context: context)
    }
  }

  /// The names under /run/netns, sorted; none if the directory is missing or unreadable.
  package static func names() -> [String] {
    for directory in nameDirectories {
      if let names = try? Directory.names(directory), !names.isEmpty { return names.sorted() }
    }
    return []
  }

  /// Which namespace it is.
  ///
  /// - Throws: `KernelError.call` when it vanished or may not be looked at.
  package func identity() throws(KernelError) -> Identity {
    let status = try Self.status(path, context: "network namespace '\(selector)'")
    return Identity(device: status.device, inode: status.inode)
  }

  /// Which namespace the calling thread is in.
  ///
  /// - Throws: `KernelError.call` when /proc is not mounted.
  package static func currentIdentity() throws(KernelError) -> Identity {
    let status = try FileStatus("/proc/thread-self/ns/net")
    return Identity(device: status.device, inode: status.inode)
  }

  /// Whether the calling thread is in it already; `false` when that can't be told.
  package var isSameAsCurrent: Bool {
    guard let own = try? identity(), let current = try? Self.currentIdentity() else { return false }
    return own == current
  }

  /// Moves the calling thread into it. Only for threads that end afterwards: `DedicatedThread`.
  ///
  /// - Throws: `KernelError.call`: EPERM without CAP_SYS_ADMIN, EINVAL if the file is no network
  ///   namespace, ENOENT if it vanished.
  func enter() throws(KernelError) {
    let context = "entering network namespace '\(selector)'"
    let file = try TextFile.open(path, context: context)
    let descriptor = file.number
    _ = try systemCall("setns", context) { reach_enter_network_namespace(descriptor) }
  }

  /// A name under /run/netns is one path component.
  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text != "." && text != ".." && !text.utf8.contains(0)
  }

  private static func status(_ path: String, context: String) throws(KernelError) -> FileStatus {
    do throws(KernelError) {
      return try FileStatus(path)
    } catch .call(let name, let error, _) {
      throw .call(name: name, error: error, context: context)
    }
  }

  private static func absence(of selector: String) -> String {
    let names = names()
    let known =
      names.isEmpty
      ? "none has a name here" : "there are " + names.prefix(20).joined(separator: ", ")
    return "network namespace '\(selector)' (\(known))"
  }
}
