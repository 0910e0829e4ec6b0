internal import Evaluator
internal import Kernel
internal import Model

/// Where the ruleset and the host of a simulation are read.
struct SimulationSource {
  /// A ruleset file; `nil`: what is loaded.
  let file: String?
  /// `nil`: our own.
  let namespace: NetworkNamespace?

  /// Reads both.
  func read() throws(CheckFailure) -> Simulation {
    do throws(KernelError) {
      guard let namespace else { return try readHere() }
      if file == nil {
        return try DedicatedThread.run(in: namespace) { () throws(KernelError) in
          try readHere()
        }
      }
      let host = try DedicatedThread.run(in: namespace) { () throws(KernelError) in
        readHost()
      }
      return try read(host)
    } catch {
      throw CheckFailure(error)
    }
  }

  private func readHere() throws(KernelError) -> Simulation {
    try read(readHost())
  }

  /// The host; for a file, whose rules are not known yet, with all that rules may ask for.
  private func readHost() -> HostSnapshot {
    var host = HostReader().snapshot()
    if file != nil { host.readSockets() }
    // Groups decide only for packets that a check never asks about.
    host.groups = try? GroupReader.groups()
    return host
  }

  private func read(_ host: HostSnapshot) throws(KernelError) -> Simulation {
    var host = host
    guard let file else {
      var ruleset = Ruleset()
      do throws(KernelError) {
        ruleset = try RulesetReader().read(.everything)
      } catch .unavailable(let what, let hint) {
        // Without nf_tables in the kernel there are no rules of it.
        guard what == "nf_tables" else { throw .unavailable(what: what, hint: hint) }
      }
      let legacy = try LegacyTables.read()
      host.readWhatRulesAsk(ruleset, legacy)
      return Simulation(ruleset: ruleset, host: host, legacy: legacy, ipSets: IPSetLookup())
    }
    let compiled = try RulesetFile(path: file).compile(for: host)
    host.interfaces += compiled.added
    return Simulation(ruleset: compiled.ruleset, host: host)
  }
}

extension CheckFailure {
  init(_ error: KernelError) {
    self.init(
      slug: error.isPermission ? "permission" : "unavailable",
      message: error.isPermission
        ? "\(error): reading the loaded ruleset needs CAP_NET_ADMIN, so run it with sudo"
        : "\(error)",
      status: error.isPermission ? .notPermitted : .unavailable)
  }
}
