internal import Kernel
internal import Model

/// Parts of a host that are read only when a rule asks for them.
extension HostSnapshot {
  /// Reads, in the calling thread's namespace, what the rules of a host ask for.
  mutating func readWhatRulesAsk(_ ruleset: Ruleset, _ legacy: [LegacyTable]) {
    if ruleset.asksForSockets || legacy.contains(where: \.asksForSockets) { readSockets() }
  }

  /// Reads every socket, in the calling thread's namespace.
  mutating func readSockets() {
    do throws(KernelError) {
      sockets = try SocketTableReader.sockets()
    } catch {
      gaps.append("the sockets that rules ask for are not known: \(error)")
    }
  }
}
