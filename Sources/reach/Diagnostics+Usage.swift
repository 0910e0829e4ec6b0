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
    let asked = Usage(words.first)
    StandardStream.error.write(
      "usage: reach \(asked.words), see reach \(asked.subcommand)--help\n")
    writeDocument(ReportFailure(slug: "usage", message: message), asked, words)
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
  private static func writeDocument(_ failure: ReportFailure, _ asked: Usage, _ words: [String]) {
    let options = words.prefix { $0 != "--" }
    if let schema = asked.schema {
      guard options.contains("--json") else { return }
      StandardStream.output.write(CheckJSON.line(failure, schema: schema))
    } else if options.contains("--json-lines") {
      StandardStream.output.write(CheckJSON.line(failure, schema: "reach/check/1"))
    } else if options.contains("--json") {
      let report = CheckReport(target: nil, results: [], failure: failure)
      StandardStream.output.write(CheckJSON.document(report, describe: { _ in "" }))
    }
  }
}

/// How a subcommand is called, for those who called it wrongly.
private struct Usage {
  /// With a space behind it; empty for the default one.
  let subcommand: String
  let words: String
  /// Of its error document; `nil` for a check, which has a document of its own.
  let schema: String?

  /// - Parameter first: the first word after the program's name.
  init(_ first: String?) {
    switch first {
    case "simulate": self.init("simulate", "[options]", "reach/simulate/1")
    case "trace":
      self.init("trace", "HOST PORT --allow-changes [options]", TraceReportJSON.schema)
    case "listeners": self.init("listeners", "[PORT...] [options]", ListenersJSON.schema)
    case "port": self.init("port", "PORT... [options]", PortFactsJSON.schema)
    case "talk": self.init("talk", "HOST PORT [options]", nil)
    case "listen": self.init("listen", "PORT [options]", nil)
    case "explain": self.init("explain", "[SLUG]", ExplainJSON.schema)
    default: self.init(nil, "HOST PORT... [options]", nil)
    }
  }

  private init(_ name: String?, _ arguments: String, _ schema: String?) {
    subcommand = name.map { $0 + " " } ?? ""
    words = subcommand + arguments
    self.schema = schema
  }
}
