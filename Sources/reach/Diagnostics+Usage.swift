internal import ArgumentParser
internal import Kernel
internal import Reporting

extension Diagnostics {
  /// Ends the program with what ArgumentParser has to say: help and version on standard output,
  /// errors on standard error, and as a document where the words ask for one.
  static func report(
    _ error: any Error, for command: any ParsableArguments.Type, words: [String]
  ) -> Never {
    let code = command.exitCode(for: error)
    guard code != .success else {
      StandardStream.output.write(command.fullMessage(for: error) + "\n")
      CurrentProcess.exit(code.rawValue)
    }
    // Without a single word the message is the whole help.
    let message =
      words.isEmpty ? "HOST and PORT are missing" : oneLine(command.message(for: error))
    say(message)
    let isSimulation = words.first == "simulate"
    let isTrace = words.first == "trace"
    StandardStream.error.write(
      "usage: reach "
        + (isSimulation
          ? "simulate [options]"
          : isTrace ? "trace HOST PORT --allow-changes [options]" : "HOST PORT... [options]")
        + ", see reach \(isSimulation ? "simulate " : isTrace ? "trace " : "")--help\n")
    let schema =
      isSimulation ? "reach/simulate/1" : isTrace ? TraceReportJSON.schema : nil
    writeDocument(ReportFailure(slug: "usage", message: message), schema, words)
    // Nothing but usage comes here; 1 would say that a port is closed.
    CurrentProcess.exit(
      code == .validationFailure ? ExitStatus.usage.rawValue : ExitStatus.unavailable.rawValue)
  }

  /// The parser puts one alternative on each line.
  private static func oneLine(_ message: String) -> String {
    let lines = message.split(separator: "\n").map { line in
      String(line.drop { $0 == " " })
    }
    return lines.joined(separator: ", ")
  }

  /// The words could not be parsed, so whether JSON is wanted is told by the words themselves.
  private static func writeDocument(
    _ failure: ReportFailure, _ schema: String?, _ words: [String]
  ) {
    let options = words.prefix { $0 != "--" }
    if let schema, options.contains("--json") {
      StandardStream.output.write(CheckJSON.line(failure, schema: schema))
    } else if options.contains("--json-lines") {
      StandardStream.output.write(CheckJSON.line(failure, schema: "reach/check/1"))
    } else if options.contains("--json") {
      let report = CheckReport(target: nil, results: [], failure: failure)
      StandardStream.output.write(CheckJSON.document(report, describe: { _ in "" }))
    }
  }
}
