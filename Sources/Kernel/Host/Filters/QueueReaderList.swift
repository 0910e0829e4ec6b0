internal import Model

/// The userspace queues that somebody reads.
package enum QueueReaderList {
  /// Numbers of the queues with a reader in the calling thread's namespace. A kernel without
  /// nfnetlink_queue has none.
  ///
  /// - Throws: `KernelError.call`: EACCES for users, as the file is root's.
  package static func read() throws(KernelError) -> Set<UInt16> {
    do throws(KernelError) {
      return parse(try TextFile.read("/proc/thread-self/net/netfilter/nfnetlink_queue"))
    } catch .call(_, .noEntry, _) {
      return []
    }
  }

  /// Each line begins with the queue's number (`seq_show`, net/netfilter/nfnetlink_queue.c).
  static func parse(_ bytes: [UInt8]) -> Set<UInt16> {
    Set(bytes.lines.compactMap { $0.words.first?.decimal.flatMap { UInt16(exactly: $0) } })
  }
}
