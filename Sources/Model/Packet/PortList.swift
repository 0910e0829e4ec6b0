/// The ports that a user named, each once, in the order of the words.
package struct PortList: Hashable, Sendable {
  package let ports: [Port]

  /// Looks service names up; what it needs of /etc/services comes in from outside.
  package struct ServiceNames {
    /// The port of a service, by name or alias; `nil`: unknown.
    package var port: (String) -> Port?
    /// All names, for a suggestion when one is misspelt. Asked only then.
    package var all: () -> [String]

    package init(port: @escaping (String) -> Port?, all: @escaping () -> [String] = { [] }) {
      self.port = port
      self.all = all
    }
  }

  /// Reads PORT words: a number, a service name, a range `4505-4511`, `all`, `top`, `top:N`, or
  /// several of these with commas.
  ///
  /// - Throws: `PortListError` for the first word that is none of these.
  package init(_ words: [String], services: ServiceNames) throws(PortListError) {
    var reader = PortListReader(services: services)
    for word in words { try reader.read(word) }
    guard !reader.ports.isEmpty else { throw .empty(words.first ?? "") }
    ports = reader.ports
  }
}

/// What is wrong with a PORT word.
package enum PortListError: Error, Hashable, Sendable {
  /// No port at all, or nothing between two commas.
  case empty(String)
  /// A range whose end comes before its start.
  case reversed(String)
  /// A number outside 1 to 65535.
  case outOfRange(String)
  /// Neither a number nor a known service.
  case unknownService(String, suggestion: String?)
  /// `top:N` with an N that is not a number from 1 to what the table holds.
  case badTop(String, limit: Int)
}

extension PortListError: CustomStringConvertible {
  /// A sentence for people, without capital and full stop. The words in it are the user's own, not
  /// escaped.
  package var description: String {
    switch self {
    case .empty(let word):
      return word.isEmpty ? "no port is given" : "a port is missing in \"\(word)\""
    case .reversed(let word): return "the range \(word) ends before it starts"
    case .outOfRange(let word): return "\(word) is not a port: ports are 1 to 65535"
    case .unknownService(let word, let suggestion):
      let question = suggestion.map { "; did you mean \($0)?" } ?? ""
      return "\"\(word)\" is neither a port number nor a known service" + question
    case .badTop(let word, let limit): return "\(word): N is a number from 1 to \(limit)"
    }
  }
}

/// Collects ports word by word.
private struct PortListReader {
  let services: PortList.ServiceNames
  private(set) var ports: [Port] = []
  /// One bit a port: which are in the list already.
  private var seen = [UInt64](repeating: 0, count: 1024)

  init(services: PortList.ServiceNames) {
    self.services = services
  }

  mutating func read(_ word: String) throws(PortListError) {
    for part in word.split(separator: ",", omittingEmptySubsequences: false) {
      if part.isEmpty { throw .empty(word) }
      try readItem(String(part))
    }
  }

  private mutating func readItem(_ item: String) throws(PortListError) {
    if item == "all" {
      for number in 1...UInt16.max { insert(Port(number)) }
    } else if item == "top" {
      for port in CommonPorts.ordered.prefix(CommonPorts.usualCount) { insert(port) }
    } else if item.hasPrefix("top:") {
      let limit = CommonPorts.ordered.count
      guard let count = Int(item.dropFirst(4)), (1...limit).contains(count) else {
        throw .badTop(item, limit: limit)
      }
      for port in CommonPorts.ordered.prefix(count) { insert(port) }
    } else if let port = try number(item) {
      insert(port)
    } else if let range = try range(item) {
      for number in range { insert(Port(number)) }
    } else if let port = services.port(item), port.number != 0 {
      insert(port)
    } else {
      throw .unknownService(item, suggestion: suggestion(for: item))
    }
  }

  /// The port, if the text is a number; a sign makes it one that is out of range.
  private func number(_ text: some StringProtocol) throws(PortListError) -> Port? {
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    guard let number = UInt16(text), number != 0 else { throw .outOfRange(String(text)) }
    return Port(number)
  }

  /// The range, if the text is two numbers with a dash; a service's name may have a dash as well.
  private func range(_ text: String) throws(PortListError) -> ClosedRange<UInt16>? {
    guard let dash = text.firstIndex(of: "-"), dash != text.startIndex else { return nil }
    let (left, right) = (text[..<dash], text[text.index(after: dash)...])
    if right.isEmpty, try number(left) != nil { throw .empty(text) }
    guard let first = try number(left), let last = try number(right) else { return nil }
    guard first <= last else { throw .reversed(text) }
    return first.number...last.number
  }

  private mutating func insert(_ port: Port) {
    let (word, bit) = (Int(port.number) / 64, UInt64(1) << UInt64(port.number % 64))
    guard seen[word] & bit == 0 else { return }
    seen[word] |= bit
    ports.append(port)
  }

  /// The known name that is nearest to the misspelt one, if any is near.
  private func suggestion(for word: String) -> String? {
    // Names are listed only for words that could be one.
    guard word.utf8.count <= Spelling.longest else { return nil }
    return Spelling.nearest(to: word, among: services.all() + ["all", "top"])
  }
}

/// Guesses what a misspelt word was meant to be.
package enum Spelling {
  /// A longer word is no misspelling; it would only cost time.
  package static let longest = 32

  /// The name that is nearest to the word, if any is near: two letters off, or one for a short
  /// word.
  package static func nearest(to word: String, among names: [String]) -> String? {
    guard word.utf8.count <= longest else { return nil }
    let typed = Array(word.lowercased().utf8)
    let allowed = typed.count < 4 ? 1 : 2
    var best: (name: String, distance: Int)?
    for name in names where abs(name.utf8.count - typed.count) <= allowed {
      let distance = editDistance(typed, Array(name.utf8))
      if distance <= allowed, distance < best?.distance ?? .max { best = (name, distance) }
    }
    return best?.name
  }
}

/// How many letters must be inserted, deleted, replaced or swapped with their neighbour to make one
/// text of the other.
///
/// - Complexity: O(m · n)
func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var row = [i + 1]
    for (j, y) in b.enumerated() {
      var cost = min(last[j] + (x == y ? 0 : 1), last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, x == b[j - 1], a[i - 1] == y { cost = min(cost, beforeLast[j - 1] + 1) }
      row.append(cost)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
