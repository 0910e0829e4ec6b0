internal import Kernel
internal import Reporting

/// How output is dressed, by what stands at the other end and what the environment asks for.
enum Terminal {
  /// Colour on a terminal only; NO_COLOR, CLICOLOR_FORCE and TERM=dumb have their usual say.
  static func style(for stream: StandardStream) -> Style {
    Style(hasColour: hasColour(stream), width: stream.columns)
  }

  private static func hasColour(_ stream: StandardStream) -> Bool {
    if let value = CurrentProcess.environment("NO_COLOR"), !value.isEmpty { return false }
    if let value = CurrentProcess.environment("CLICOLOR_FORCE"), !value.isEmpty, value != "0" {
      return true
    }
    return stream.isTerminal && CurrentProcess.environment("TERM") != "dumb"
  }
}

/// Sentences for people on standard error.
enum Diagnostics {
  /// One line, with the program's name; control characters are escaped.
  static func say(_ message: String) {
    StandardStream.error.write("reach: \(Escaping.printable(message))\n")
  }
}
