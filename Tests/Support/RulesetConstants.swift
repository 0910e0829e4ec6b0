internal import Model

/// The ports and addresses that stand in a ruleset's text.
struct RulesetConstants {
  private(set) var ports: [UInt16] = []
  /// Single ones, and the first few of each network.
  private(set) var v4: [String] = []
  private(set) var v6: [String] = []

  init(_ rules: String) {
    var words: Set<String> = []
    for line in rules.split(separator: "\n") where line.drop(while: { $0 == " " }).first != "#" {
      let separators: Set<Character> = [" ", ",", ";", "{", "}", "-", "\t", "\"", "[", "]"]
      words.formUnion(line.split { separators.contains($0) }.map(String.init))
    }
    for word in words.sorted() {
      if let port = UInt16(word), port > 0 {
        ports += [port, port == .max ? port : port + 1]
      } else {
        let address = String(word.prefix { $0 != "/" })
        guard address.contains(".") || address.contains(":"), let parsed = IPAddress(address),
          !parsed.isUnspecified
        else { continue }
        if parsed.family == .v4 { v4.append(address) } else { v6.append(address) }
      }
    }
  }
}
