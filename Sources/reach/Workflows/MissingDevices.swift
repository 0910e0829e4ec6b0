internal import Kernel

/// Reads names of devices that do not exist out of nft's error messages.
enum MissingDevices {
  /// A message quotes the source line, and underlines below it what is wrong.
  static func names(in message: String) -> [String] {
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var names: [String] = []
    for (number, line) in lines.enumerated() where number + 2 < lines.count {
      if line.contains("Error: Interface does not exist") {
        names += words(underlined(lines[number + 1], lines[number + 2]))
      } else if line.contains("Error: Could not process rule: No such file or directory") {
        // The kernel misses the device of a chain or flowtable, and nft points at either's name.
        let quoted = devices(in: lines[number + 1])
        names += quoted.isEmpty ? devices(inFile: path(line)) : quoted
      }
    }
    return names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private static func underlined(_ source: String, _ marks: String) -> String {
    String(zip(source, marks).filter { $1 == "^" || $1 == "~" }.map(\.0))
  }

  private static func words(_ text: String) -> [String] {
    text.split { " \t\"{},;=".contains($0) }.map { String($0) }
  }

  /// `PATH` of `PATH:LINE:COLUMNS: Error: ...`; a path may have colons itself.
  private static func path(_ line: String) -> String {
    // Behind it: line, columns, " Error", and the error's own two parts.
    line.split(separator: ":", omittingEmptySubsequences: false).dropLast(5)
      .joined(separator: ":")
  }

  private static func devices(inFile path: String) -> [String] {
    guard let bytes = try? TextFile.read(path) else { return [] }
    return devices(in: bytes.text)
  }

  /// The names behind `device`, and those in the braces behind `devices`.
  private static func devices(in text: String) -> [String] {
    var names: [String] = []
    var isList = false
    var wanted = 0
    for token in tokens(text) {
      switch token {
      case "device": wanted = 1
      case "devices": isList = true
      case "}", ";", "priority", "flags":
        isList = false
        wanted = 0
      case "=", "{", ",": continue
      default:
        if isList || wanted > 0 { names.append(token) }
        wanted = 0
      }
    }
    return names
  }

  private static func tokens(_ text: String) -> [String] {
    var tokens: [String] = []
    var word = ""
    for character in text {
      let isPunctuation = "{},;=".contains(character)
      guard isPunctuation || character.isWhitespace || character == "\"" else {
        word.append(character)
        continue
      }
      if !word.isEmpty { tokens.append(word) }
      word = ""
      if isPunctuation { tokens.append(String(character)) }
    }
    return word.isEmpty ? tokens : tokens + [word]
  }
}
