/// Words as people type them, made into words as the parser knows them.
enum CommandWords {
  /// Options of nc by their letters: those without a value, and those with one.
  private struct Letters {
    var flags: [UInt8]
    var valued: [UInt8]

    /// - Parameter first: the first word, which may be a subcommand with letters of its own.
    init(_ first: String?) {
      let isSession = first == "talk" || first == "listen"
      flags = Array((isSession ? "46unvzCNUdkt" : "46unvz").utf8)
      valued = Array((isSession ? "wspiqxX" : "wsp").utf8)
    }
  }

  /// Spells out what comes before `--`.
  static func spelledOut(_ words: [String]) -> [String] {
    guard words.first != "simulate", words.first != "listeners",
      words.contains(where: { $0.utf8.first == UInt8(ascii: "-") })
    else { return words }
    let options = words.prefix { $0 != "--" }
    let letters = Letters(words.first)
    return options.flatMap { word in
      // An optional value of the parser's own would also take the next word, and loses `--wait=5`
      // where an option follows.
      word == "--wait" ? ["--wait=60"] : split(word, letters)
    } + words.dropFirst(options.count)
  }

  /// `-zvw1` becomes `-zv -w 1`, as getopt(3) reads it; other words stay.
  private static func split(_ word: String, _ known: Letters) -> [String] {
    let letters = word.utf8.dropFirst()
    guard word.utf8.first == UInt8(ascii: "-"),
      let place = letters.firstIndex(where: { known.valued.contains($0) }),
      letters[..<place].allSatisfy({ known.flags.contains($0) })
    else { return [word] }
    let value = letters[letters.index(after: place)...]
    guard !value.isEmpty else { return [word] }
    let before = letters[..<place].isEmpty ? [] : ["-" + String(word[..<place].dropFirst())]
    return before + ["-" + String(word[place]), String(word[letters.index(after: place)...])]
  }
}
