internal import ArgumentParser
internal import Kernel
internal import Model

/// `reach simulate`
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Show what the firewall would do with a packet. Sends nothing.",
    discussion: """
      reach simulate --in eth0 --from 192.0.2.7 --to 10.0.0.5:22 follows the packet through the \
      rules that are loaded; with --ruleset FILE.nft through those of a file that is not loaded yet.

      Exit status: 0 accepted, 1 not, 3 it depends, 64 wrong usage, 69 could not be answered, \
      77 not permitted.
      """)

  @OptionGroup(title: "The packet")
  var packet: PacketOptions

  @Option(
    help: ArgumentHelp(
      "Ask about this file instead of the rules that are loaded.", valueName: "file.nft"))
  var ruleset: String?

  @Option(
    help: "Ask about this network namespace: a name, a path or a pid.", completion: .namespaces)
  var netns: String?

  @Option(
    help: ArgumentHelp(
      "Packets from a file, or - for standard input: one JSON object a line.", valueName: "file"))
  var batch: String?

  @Flag(help: "JSON (schema reach/simulate/1).")
  var json = false

  mutating func validate() throws {
    if batch == nil, packet.to == nil {
      throw ValidationError("say where the packet goes: --to ADDR:PORT (or --batch FILE)")
    }
    if batch != nil, !packet.isEmpty {
      throw ValidationError("with --batch the lines describe the packets, and no option does")
    }
  }

  mutating func run() throws {
    let output = SimulationOutput(isJSON: json, place: netns.map { "netns:" + $0 } ?? "here")
    do throws(CheckFailure) {
      let source = try source()
      let simulation = try source.read()
      if let batch {
        try SimulationBatch(source: source, output: output).run(batch, simulation)
      } else {
        try answer(simulation, output)
      }
    } catch {
      output.fail(error)
      throw error.status
    }
    throw output.status
  }

  private func source() throws(CheckFailure) -> SimulationSource {
    do throws(KernelError) {
      if ruleset != nil, !UserNamespace.isUnneeded { try UserNamespace.enterNew() }
    } catch {
      throw CheckFailure(
        slug: "permission",
        message: "\(error): --ruleset needs a network namespace of its own, so run it with sudo "
          + "or allow user namespaces (sysctl user.max_user_namespaces)",
        status: .notPermitted)
    }
    do throws(KernelError) {
      let namespace = try netns.map { name throws(KernelError) in
        try NetworkNamespace(selector: name)
      }
      return SimulationSource(file: ruleset, namespace: namespace)
    } catch {
      throw CheckFailure(error)
    }
  }

  private func answer(
    _ simulation: Simulation, _ output: SimulationOutput
  ) throws(CheckFailure) {
    guard let (query, hasSource) = try? packet.query() else { return }
    output.answer(query, hasSource: hasSource, in: simulation)
  }
}
