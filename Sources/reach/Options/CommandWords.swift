/// Words as people type them, made into words as the parser knows them.
enum CommandWords {
  /// Options of nc without a value, and with one.
  private static let flags = Array("46unvz".utf8)
  private static let valued = Array("wsp".utf8)

  /// Spells out what comes before `--`.
  static func spelledOut(_ words: [String]) -> [String] {
    guard words.first != "simulate", words.first != "listeners",
      words.contains(where: { $0.utf8.first == UInt8(ascii: "-") })
    else { return words }
    let options = words.prefix { $0 != "--" }
    return options.flatMap { word in
      // An optional value of the parser's own would also take the next word, and loses `--wait=5`
      // where an option follows.
      word == "--wait" ? ["--wait=60"] : split(word)
    } + words.dropFirst(options.count)
  }

  /// `-zvw1` becomes `-zv -w 1`, as getopt(3) reads it; other words stay.
  private static func split(_ word: String) -> [String] {
    let letters = word.utf8.dropFirst()
    guard word.utf8.first == UInt8(ascii: "-"),
      let place = letters.firstIndex(where: { valued.contains($0) }),
      letters[..<place].allSatisfy({ flags.contains($0) })
    else { return [word] }
    let value = letters[letters.index(after: place)...]
    guard !value.isEmpty else { return [word] }
    let before = letters[..<place].isEmpty ? [] : ["-" + String(word[..<place].dropFirst())]
    return before + ["-" + String(word[place]), String(word[letters.index(after: place)...])]
  }
}
