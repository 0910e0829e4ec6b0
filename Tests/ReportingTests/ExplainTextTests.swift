import Model
import Reporting
import Testing

/// The pages of `reach explain`: each there, short, and within the terminal.
@Suite struct ExplainTextTests {
  static let subjects = ExplainPage.Subject.all

  @Test func everyCauseAndStateHasASlugOfItsOwn() {
    let slugs = Self.subjects.map(\.slug)
    #expect(Set(slugs).count == slugs.count)
    #expect(slugs.count == Cause.allCases.count + PortState.allCases.count)
    for cause in Cause.allCases {
      #expect(ExplainPage.Subject(slug: cause.rawValue) == .cause(cause))
    }
    for state in PortState.allCases {
      #expect(ExplainPage.Subject(slug: state.rawValue) == .state(state))
    }
    #expect(ExplainPage.Subject(slug: "BLOCKED") == .state(.blocked))
    #expect(ExplainPage.Subject(slug: "") == nil)
  }

  @Test func pagesSayEachThingOnce() {
    let pages = Self.subjects.map { ExplainPage($0) }
    #expect(Set(pages.map(\.title)).count == pages.count)
    #expect(Set(pages.map(\.meaning)).count == pages.count)
  }

  @Test(arguments: subjects) func pagesAreShortAndWhole(_ subject: ExplainPage.Subject) {
    let text = ExplainText(style: Style(width: 80)).text(of: subject)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    #expect((8...30).contains(lines.count), "\(lines.count) lines")
    #expect(lines.first?.hasPrefix(subject.slug + ": ") == true)
    for title in ["others see", "by hand", "what to do"] {
      #expect(lines.contains(Substring(title)), "\(title)")
    }
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || (0x20...0x7e).contains($0.value) })
  }

  @Test(arguments: subjects) func pagesKeepToTheWidth(_ subject: ExplainPage.Subject) {
    for width in [80, 100, 132] {
      let text = ExplainText(style: Style(width: width)).text(of: subject)
      for line in text.split(separator: "\n") { #expect(line.count <= min(width, 100), "\(line)") }
    }
    // On a narrow terminal prose is wrapped; commands and long words stay whole.
    let commands = Set(ExplainPage(subject).commands.map { "  " + $0.key })
    let text = ExplainText(style: Style(width: 40)).text(of: subject)
    for line in text.split(separator: "\n") where line.count > 40 {
      let isOneWord = line.split(separator: " ").count == 1
      #expect(isOneWord || commands.contains(String(line)), "\(line)")
    }
  }

  @Test(arguments: subjects) func commandsAreWholeShellWords(_ subject: ExplainPage.Subject) {
    for (command, purpose) in ExplainPage(subject).commands {
      #expect(command.utf8.count { $0 == UInt8(ascii: "'") } % 2 == 0, "\(command)")
      #expect(command.utf8.count <= 76, "\(command)")
      #expect(!purpose.isEmpty && (!purpose.hasSuffix(".") || purpose.hasSuffix("...")))
    }
    // A state's causes and a cause's states are one relation.
    if case .cause(let cause) = subject {
      for state in ExplainPage(subject).states {
        let page = ExplainText(style: .plain).text(of: .state(state))
        let words = page.split { $0 == " " || $0 == "\n" || $0 == "," || $0 == ")" }
        #expect(words.contains(Substring(cause.rawValue)), "\(state.rawValue)")
      }
    }
  }

  @Test func listHasALineEach() {
    let list = ExplainText(style: Style(width: 80)).list()
    let lines = list.split(separator: "\n")
    #expect(lines.count == Self.subjects.count + 2)
    #expect(lines.allSatisfy { $0.count <= 80 })
  }

  @Test func colourChangesNoWord() {
    let plain = ExplainText(style: .plain).text(of: .cause(.firewallDrop))
    let coloured = ExplainText(style: Style(hasColour: true)).text(of: .cause(.firewallDrop))
    #expect(coloured != plain)
    let bare = coloured.replacing("\u{1b}[1m", with: "").replacing("\u{1b}[0m", with: "")
    #expect(bare == plain)
  }
}
