internal import ArgumentParser
internal import Kernel

/// The command: one place where words become a subcommand, and errors an exit status.
@main
struct Reach: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reach",
    abstract: "Says why a port can or can't be reached, and proves it.",
    discussion: """
      reach HOST PORT... connects like nc -v, and reads this host's sockets, routes and nftables \
      rules, so that it can tell a closed port from a blocked one, and name the rule that blocks it.

      Exit status: 0 every port is open (or as expected), 1 at least one is not, 3 undecided, \
      64 wrong usage, 68 unknown name, 69 could not be checked, 77 not permitted, 130 interrupted.
      """,
    version: "0.1.0",
    subcommands: [
      CheckCommand.self, SimulateCommand.self, ListenersCommand.self, TraceCommand.self,
      TalkCommand.self, ListenCommand.self, PortCommand.self, ExplainCommand.self,
    ],
    defaultSubcommand: CheckCommand.self)

  static func main() {
    Interruption.watch()
    let words = CommandWords.spelledOut(CurrentProcess.arguments)
    if words.count == 2, words.first == "--generate-completion-script",
      let script = words.last.flatMap({ CompletionScript.text(for: $0) })
    {
      StandardStream.output.write(script)
      return
    }
    do {
      if let first = words.first, Self.isCheck(first) {
        if let request = CheckRequest(plain: words) {
          try CheckSession(request).run()
        }
        // The default command needs no tree of subcommands to be built, which costs start-up time.
        var command = try CheckCommand.parse(words)
        try command.run()
      } else {
        var command = try parseAsRoot(words)
        try command.run()
      }
    } catch let status as ExitStatus {
      CurrentProcess.exit(status.rawValue)
    } catch {
      let subject: any ParsableArguments.Type =
        words.first.map { Self.isCheck($0) } == true ? CheckCommand.self : Self.self
      Diagnostics.report(error, for: subject, words: words)
    }
  }

  /// Whether the first word is a host rather than a subcommand or an option of the root.
  private static func isCheck(_ word: String) -> Bool {
    let names = configuration.subcommands.compactMap { $0.configuration.commandName }
    return !word.hasPrefix("-") && !names.contains(word) && word != "help"
  }
}
