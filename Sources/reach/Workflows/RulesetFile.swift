internal import Kernel
internal import Model

/// A ruleset in nft's language that is not loaded: nft and the kernel read it in a network
/// namespace of its own, which ends right afterwards.
struct RulesetFile {
  let path: String

  /// What became of the file.
  struct Compiled {
    var ruleset: Ruleset
    /// Devices that the file names and the host lacks.
    var added: [Interface]
  }

  /// How many times nft may ask for one more device.
  private static let attempts = 64

  /// Compiles the file as it would be loaded on `host`.
  ///
  /// - Throws: `KernelError.program` with nft's words if it refuses the file; `.call` with EPERM if
  ///   no namespace can be made.
  func compile(for host: HostSnapshot) throws(KernelError) -> Compiled {
    try DedicatedThread.runInNewNamespace { () throws(KernelError) in
      var devices = try StandInDevices()
      for interface in host.interfaces where !interface.isLoopback {
        try devices.add(interface.name, index: interface.index)
      }
      let added = try load(&devices, known: Set(host.interfaces.map(\.name)))
      let ruleset = try RulesetReader().read(.everything)
      return Compiled(ruleset: ruleset, added: try found(added, &devices))
    }
  }

  /// Loads the file, making the devices that nft misses.
  ///
  /// - Returns: the names of those.
  private func load(
    _ devices: inout StandInDevices, known: Set<String>
  ) throws(KernelError) -> Set<String> {
    var added: Set<String> = []
    for _ in 0..<Self.attempts {
      do throws(KernelError) {
        try RulesetLoader().load(path)
        return added
      } catch .program(let name, let status, let message) {
        let missing = MissingDevices.names(in: message).filter {
          StandInDevices.isName($0) && !known.contains($0) && !added.contains($0)
        }
        guard !missing.isEmpty else {
          throw .program(name: name, status: status, message: message)
        }
        for device in missing {
          try devices.add(device, index: nil)
          added.insert(device)
        }
      }
    }
    throw .tooLarge(what: "list of devices that only the ruleset has", limit: Self.attempts)
  }

  /// The devices with the indices that the kernel gave them, as if they were up.
  private func found(
    _ names: Set<String>, _ devices: inout StandInDevices
  ) throws(KernelError) -> [Interface] {
    guard !names.isEmpty else { return [] }
    return try devices.all().filter { names.contains($0.name) }.map {
      Interface(index: $0.index, name: $0.name)
    }
  }
}
