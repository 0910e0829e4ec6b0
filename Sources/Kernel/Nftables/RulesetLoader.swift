/// Loads a ruleset file into the calling thread's network namespace, with the program nft: from
/// text to bytecode is its own work. Only ever to be used in a namespace made for the purpose.
package struct RulesetLoader {
  package init() {}

  /// Loads `path`, a file in nft's language.
  ///
  /// - Throws: `KernelError.program` with what nft said if it refuses the file,
  ///   `KernelError.unavailable` if nft is not installed.
  package func load(_ path: String) throws(KernelError) {
    guard let program = ChildProcess.path(of: "nft") else {
      throw .unavailable(what: "the program nft", hint: "install the package nftables")
    }
    // A relative path with a leading dash would be an option.
    let file = path.hasPrefix("-") ? "./" + path : path
    let (status, message) = try ChildProcess.run(
      program, ["nft", "-f", file], keeping: .error)
    guard status == 0 else {
      throw .program(name: "nft", status: status, message: message)
    }
  }
}
