internal import Model

/// Pages of `reach explain` for people.
package struct ExplainText {
  private let style: Style
  private let width: Int

  /// Wider than this is hard to read; narrower than this holds no command.
  private static let widths = 40...100

  package init(style: Style) {
    self.style = style
    width = min(max(style.width ?? 80, Self.widths.lowerBound), Self.widths.upperBound)
  }

  package func text(of subject: ExplainPage.Subject) -> String {
    let page = ExplainPage(subject)
    let head = Wrapping.lines("\(subject.slug): \(page.title)", width: width)
    var text = head.map { style.paint($0, .heading) + "\n" }.joined()
    text += indented(kinship(of: subject, page))
    text += indented(page.meaning)
    text += section("others see") + pairs(page.others)
    text += section("by hand") + commands(page.commands)
    text += section("what to do") + page.remedies.map { indented($0, mark: "- ") }.joined()
    return text
  }

  /// Every slug with its title, states first.
  package func list() -> String {
    let slugs = ExplainPage.Subject.all.map(\.slug)
    let column = (slugs.map(\.count).max() ?? 0) + 2
    var text = ""
    var isState = true
    text += style.paint("states", .heading) + "\n"
    for subject in ExplainPage.Subject.all {
      if case .cause = subject, isState {
        isState = false
        text += style.paint("causes", .heading) + "\n"
      }
      text += "  " + subject.slug.padded(to: column) + ExplainPage(subject).title + "\n"
    }
    return text
  }

  /// What a cause explains, or what explains a state.
  private func kinship(of subject: ExplainPage.Subject, _ page: ExplainPage) -> String {
    switch subject {
    case .cause:
      let states = page.states.map(\.rawValue).joined(separator: ", ")
      return states.isEmpty ? "(a cause; no port is checked)" : "(a cause of: \(states))"
    case .state:
      let causes = subject.causes.map(\.rawValue).joined(separator: ", ")
      return "(a state; causes: \(causes))"
    }
  }

  private func section(_ title: String) -> String { style.paint(title, .heading) + "\n" }

  private func indented(_ text: String, mark: String = "") -> String {
    let lines = Wrapping.lines(text, width: width - 2 - mark.count)
    let gap = "\n  " + String(repeating: " ", count: mark.count)
    return "  " + mark + lines.joined(separator: gap) + "\n"
  }

  private func pairs(_ pairs: KeyValuePairs<String, String>) -> String {
    let column = (pairs.map(\.key.count).max() ?? 0) + 2
    return pairs.map { key, value in
      let lines = Wrapping.lines(value, width: width - 2 - column)
      let gap = "\n" + String(repeating: " ", count: 2 + column)
      return "  " + key.padded(to: column) + lines.joined(separator: gap) + "\n"
    }.joined()
  }

  /// A command is one line, to be copied; what it shows follows where there is room.
  private func commands(_ pairs: KeyValuePairs<String, String>) -> String {
    let column = pairs.map(\.key.count).filter { $0 <= width / 2 }.max() ?? 0
    return pairs.map { command, purpose in
      for start in [command.padded(to: column), command] {
        let line = "  \(start)  # \(purpose)"
        if line.count <= width { return line + "\n" }
      }
      let lines = Wrapping.lines(purpose, width: width - 8)
      return "  \(command)\n" + lines.map { "      # \($0)\n" }.joined()
    }.joined()
  }
}

/// The `reach/explain/1` document.
package enum ExplainJSON {
  package static let schema = "reach/explain/1"

  package static func document(_ subjects: [ExplainPage.Subject]) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.field("schema", schema)
    json.key("pages")
    json.beginArray()
    for subject in subjects { write(subject, to: &json) }
    json.endArray()
    json.endObject()
    json.endLine()
    return json.bytes
  }

  private static func write(_ subject: ExplainPage.Subject, to json: inout JSONWriter) {
    let page = ExplainPage(subject)
    json.beginObject()
    json.field("slug", subject.slug)
    switch subject {
    case .cause: json.field("kind", "cause")
    case .state: json.field("kind", "state")
    }
    json.field("title", page.title)
    json.field("meaning", page.meaning)
    json.field("states", page.states.map(\.rawValue))
    json.field("causes", subject.causes.map(\.rawValue))
    write("others", ("tool", "shows"), page.others, to: &json)
    write("commands", ("command", "shows"), page.commands, to: &json)
    json.field("remedies", page.remedies)
    json.endObject()
  }

  private static func write(
    _ name: String, _ keys: (String, String), _ pairs: KeyValuePairs<String, String>,
    to json: inout JSONWriter
  ) {
    json.key(name)
    json.beginArray()
    for (first, second) in pairs {
      json.beginObject()
      json.field(keys.0, first)
      json.field(keys.1, second)
      json.endObject()
    }
    json.endArray()
  }
}
