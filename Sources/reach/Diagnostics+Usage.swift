internal import ArgumentParser
internal import Kernel
internal import Reporting

extension Diagnostics {
  /// Ends the program with what ArgumentParser has to say: help and version on standard output,
  /// errors on standard error.
  static func report(_ error: any Error, for command: any ParsableArguments.Type) -> Never {
    let code = command.exitCode(for: error)
    let text = command.fullMessage(for: error)
    if code == .success {
      StandardStream.output.write(text + "\n")
    } else {
      // The words that it quotes come from the user: keep their line ends, escape the rest.
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      StandardStream.error.write(
        lines.map { Escaping.printable(String($0)) }.joined(separator: "\n") + "\n")
    }
    CurrentProcess.exit(code.rawValue)
  }
}
