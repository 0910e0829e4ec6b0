import Model
import TestSupport
import Testing

/// `reach explain`, run as users do.
@Suite struct ExplainTests {
  @Test func everySlugHasAPage() throws {
    let slugs = PortState.allCases.map(\.rawValue) + Cause.allCases.map(\.rawValue)
    let answer = try ReachCommand()(["explain"] + slugs)
    #expect(answer.status == 0)
    #expect(answer.errorText.isEmpty)
    for slug in slugs { #expect(answer.lines.contains { $0.hasPrefix(slug + ": ") }, "\(slug)") }
  }

  @Test func withoutASlugAllAreListed() throws {
    let answer = try ReachCommand()("explain")
    #expect(answer.status == 0)
    #expect(answer.lines.count == PortState.allCases.count + Cause.allCases.count + 2)
    #expect(answer.lines.contains { $0.hasPrefix("  open|filtered ") })
    #expect(answer.lines.contains { $0.hasPrefix("  firewall-drop ") })
  }

  @Test func misspeltSlugsAreGuessed() throws {
    let near = try ReachCommand()("explain firewal-drop")
    #expect(near.status == 64)
    #expect(near.text.isEmpty)
    #expect(near.errorText.contains("did you mean firewall-drop?"))
    let far = try ReachCommand()(["explain", "rain\u{1b}[2J"])
    #expect(far.status == 64)
    #expect(far.errorText.contains("reach explain lists them"))
    #expect(!far.errorText.unicodeScalars.contains("\u{1b}"))
    #expect(try ReachCommand()("explain OPEN").status == 0)
  }

  @Test func jsonHoldsTheSamePages() throws {
    let answer = try ReachCommand()("explain wrong-address closed --json")
    let document = try answer.document()
    #expect(document["schema"] == "reach/explain/1")
    let pages = document["pages"].elements
    #expect(pages.map { $0["slug"] } == ["wrong-address", "closed"])
    #expect(pages.map { $0["kind"] } == ["cause", "state"])
    #expect(pages.first?["states"] == .array(["closed"]))
    #expect(pages.last?["causes"].elements.contains("wrong-address") == true)
    #expect(pages.first?["commands"].elements.first?["command"] == "ss -lntp 'sport = :PORT'")
    let all = try ReachCommand()("explain --json").document()["pages"].elements
    #expect(all.count == PortState.allCases.count + Cause.allCases.count)
    let wrong = try ReachCommand()("explain nothing-like-it --json")
    #expect(wrong.status == 64)
    #expect(try wrong.document()["schema"] == "reach/explain/1")
    #expect(try wrong.document()["error"]["slug"] == "usage")
  }
}
