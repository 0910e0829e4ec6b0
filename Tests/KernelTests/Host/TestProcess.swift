import Glibc

/// A process that waits for input (`cat` does nothing else) until `end`.
final class TestProcess: Sendable {
  let pid: pid_t
  private let input: Int32

  /// Starts it in the calling thread's namespaces.
  ///
  /// - Parameters:
  ///   - words: the program and its arguments.
  ///   - descriptor: one that it keeps open, as its number 3.
  init(_ words: [String] = ["cat"], inheriting descriptor: Int32? = nil) {
    var ends: [Int32] = [-1, -1]
    pipe(&ends)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    if let descriptor { posix_spawn_file_actions_adddup2(&actions, descriptor, 3) }
    var arguments = words.map { strdup($0) } + [nil]
    var pid: pid_t = -1
    posix_spawnp(&pid, words[0], &actions, nil, &arguments, environ)
    self.pid = pid
    input = ends[1]
    for argument in arguments { free(argument) }
    posix_spawn_file_actions_destroy(&actions)
    close(ends[0])
  }

  /// Ends it, and waits until it is gone.
  func end() {
    kill(pid, SIGKILL)
    close(input)
    waitpid(pid, nil, 0)
  }
}
