import TestSupport
import Testing

/// The completion scripts, in the shells that they are for.
@Suite struct CompletionTests {
  /// What bash offers for a line at whose end the key is pressed.
  private static func offers(_ line: String) throws -> [String] {
    let answer = try ReachCommand().script(
      """
      eval "$($reach --generate-completion-script bash)"
      COMP_LINE='\(line)'; COMP_POINT=${#COMP_LINE}
      read -ra COMP_WORDS <<<"$COMP_LINE"
      [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
      COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
      COMPREPLY=()
      _reach reach "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """)
    return answer.lines.map { String($0).filter { $0 != " " } }
  }

  @Test func hostsAndSubcommandsComeFirst() throws {
    let first = try Self.offers("reach ")
    #expect(first.contains("localhost"), "\(first)")
    #expect(first.contains("listeners"))
    #expect(try Self.offers("reach listene").contains("listeners"))
    #expect(try Self.offers("reach localh").contains("localhost"))
    #expect(try Self.offers("reach check localh").contains("localhost"))
  }

  @Test func portsAreServices() throws {
    for line in [
      "reach localhost ss", "reach check localhost ss", "reach port ss", "reach listeners ss",
    ] {
      #expect(try Self.offers(line).contains("ssh"), "\(line)")
    }
    let second = try Self.offers("reach localhost ssh htt")
    #expect(second.contains("http"))
    #expect(try Self.offers("reach localhost ").contains("simulate") == false)
  }

  @Test func optionsOfTheDefaultSubcommandAreOffered() throws {
    let options = try Self.offers("reach localhost 22 --")
    #expect(options.contains("--expect"), "\(options)")
    #expect(try Self.offers("reach localhost 22 --expect clo").contains("closed"))
    #expect(try Self.offers("reach localhost 22 --from out") == ["outside"])
  }

  @Test func interfacesAndSlugsAreOffered() throws {
    #expect(try Self.offers("reach simulate --in l").contains("lo"))
    #expect(try Self.offers("reach explain firewall-dr") == ["firewall-drop"])
    #expect(try Self.offers("reach listeners --state list") == ["listen"])
  }

  @Test(.needsRoot, .needs("ip")) func namespacesAreOffered() throws {
    let (fixture, host) = try Link.alone()
    for line in ["reach listeners", "reach simulate", "reach localhost 22"] {
      let offered = try Self.offers("\(line) --netns reach-test-")
      #expect(offered.contains(host.name), "\(line)")
    }
    fixture.cleanUp()
  }

  @Test(arguments: ["zsh", "fish"]) func otherShellsKnowTheDefaultToo(shell: String) throws {
    let script = try ReachCommand()("--generate-completion-script \(shell)")
    #expect(script.status == 0)
    #expect(script.text.contains("A word that is no subcommand is a host."))
    #expect(script.text.contains("/run/netns"))
    guard Command.path(of: shell) != nil else { return }
    let path = "/tmp/reach-test-completion-\(UInt64.random(in: .min ... .max))"
    try TestFile.write(script.text.utf8, to: path)
    let parsed = try Command([shell, "-n", path]).output()
    #expect(parsed.status == 0, "\(parsed.errorText)")
    try Command(["rm", path]).run()
  }

  @Test func unknownShellsAreAnError() throws {
    #expect(try ReachCommand()("--generate-completion-script csh").status == 64)
  }
}
