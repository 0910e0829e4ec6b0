/// Breaks prose into lines at its spaces.
enum Wrapping {
  /// Lines of at most `width` characters (20 at least); a word that is longer stands alone.
  static func lines(_ text: String, width: Int) -> [String] {
    let limit = max(20, width)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > limit {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
  }
}
