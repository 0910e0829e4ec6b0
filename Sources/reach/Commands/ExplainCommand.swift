internal import ArgumentParser
internal import Kernel
internal import Model
internal import Reporting

/// `reach explain [SLUG]`
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "What a state or a cause means, how to confirm it by hand, and what to do.",
    discussion: """
      reach explain lists them all, reach explain firewall-drop shows one page.
      """)

  @Argument(
    help: ArgumentHelp("A state or a cause, as reach shows them.", valueName: "slug"),
    completion: .words(ExplainPage.Subject.all.map(\.slug)))
  var slugs: [String] = []

  @Flag(help: "JSON (schema reach/explain/1).")
  var json = false

  mutating func validate() throws {
    _ = try subjects()
  }

  private func subjects() throws -> [ExplainPage.Subject] {
    try slugs.map { slug in
      if let subject = ExplainPage.Subject(slug: slug) { return subject }
      let near = Spelling.nearest(to: slug, among: ExplainPage.Subject.all.map(\.slug))
      throw ValidationError(
        "\"\(slug)\" is neither a state nor a cause; "
          + (near.map { "did you mean \($0)?" } ?? "reach explain lists them"))
    }
  }

  mutating func run() throws {
    let subjects = try subjects()
    let bytes: [UInt8]
    if json {
      bytes = ExplainJSON.document(subjects.isEmpty ? ExplainPage.Subject.all : subjects)
    } else {
      let text = ExplainText(style: Terminal.style(for: .output))
      let pages = subjects.map { text.text(of: $0) }.joined(separator: "\n")
      bytes = Array((subjects.isEmpty ? text.list() : pages).utf8)
    }
    if let error = StandardStream.output.failureWriting(bytes), error != .brokenPipe {
      Diagnostics.say("the answer could not be written: \(error)")
      throw ExitStatus.unavailable
    }
  }
}
