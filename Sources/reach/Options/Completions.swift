internal import ArgumentParser
internal import Model

/// What shells offer for the words of this program. The commands are run by the shell, each time
/// that somebody presses the key.
extension CompletionKind {
  /// The names in /etc/hosts.
  static let hosts = CompletionKind.shellCommand(
    "getent hosts | awk '{for (i = 2; i <= NF; i++) print $i}'")

  /// The names in /etc/services.
  static let services = CompletionKind.shellCommand(
    "awk '!/^#/ && NF > 1 {print $1}' /etc/services | sort -u")

  /// Network devices of this host.
  static let interfaces = CompletionKind.shellCommand("ls /sys/class/net")

  /// Network namespaces with names.
  static let namespaces = CompletionKind.shellCommand("ls /run/netns 2>/dev/null")

  /// Users of this host.
  static let users = CompletionKind.shellCommand("cut -d: -f1 /etc/passwd")

  static let states = words(PortState.allCases.map(\.rawValue))

  /// Words that a shell takes as they are: `open|filtered` would be a pipe on the command line, and
  /// fish refuses the whole list for it.
  static func words(_ words: [String]) -> CompletionKind {
    .list(words.filter { $0 == $0.shellWord })
  }
}

/// Completion scripts as ArgumentParser makes them, which knows no default subcommand: what is no
/// subcommand is a host, so that `reach HOST PORT` is completed as `reach check HOST PORT` is.
enum CompletionScript {
  /// The script for a shell; `nil` for a shell that is not known.
  static func text(for shell: String) -> String? {
    guard let shell = CompletionShell(rawValue: shell) else { return nil }
    let text = Reach.completionScript(for: shell)
    switch shell {
    case .bash: return bash(text)
    case .zsh: return zsh(text)
    default: return fish(text)
    }
  }

  /// Where the parser would offer subcommands, the words are those of a check as well.
  private static func bash(_ text: String) -> String {
    replacing(
      "    *)\n        # Offer subcommand completions\n",
      with: """
            *)
                # A word that is no subcommand is a host.
                local -ir later_words="${#unparsed_words[@]}"
                unparsed_words=("${subcommand}" "${unparsed_words[@]}")
                _reach_check
                [[ "${later_words}" -eq 0 ]] || return 0
                # Offer subcommand completions

        """, in: text)
  }

  private static func zsh(_ text: String) -> String {
    replacing(
      "            \"_reach_${words[1]}\" && ret=0\n            ;;\n",
      with: """
                    "_reach_${words[1]}" && ret=0
                    ;;
                *)
                    # A word that is no subcommand is a host.
                    words=(check "${words[@]}")
                    ((CURRENT++))
                    _reach_check && ret=0
                    ;;

        """, in: text)
  }

  private static func fish(_ text: String) -> String {
    let names = Reach.configuration.subcommands.compactMap { $0.configuration.commandName }
    let hosts = "getent hosts | awk \\'{for (i = 2; i <= NF; i++) print $i}\\'"
    let services = "awk \\'!/^#/ && NF > 1 {print $1}\\' /etc/services | sort -u"
    return text + """

      # A word that is no subcommand is a host.
      function __reach_checks_by_default
          set -l tokens (__reach_tokens -pc)
          test (count $tokens) -ge 2
          and not contains -- $tokens[2] \(names.joined(separator: " ")) help
          and not string match -q -- '-*' $tokens[2]
      end
      complete -c 'reach' -n 'test (count (__reach_tokens -pc)) -eq 1' -fka '(\(hosts))'
      complete -c 'reach' -n '__reach_checks_by_default' -fka '(\(services))'

      """
  }

  /// The text with the first such part replaced; as it is where there is none.
  private static func replacing(_ part: String, with other: String, in text: String) -> String {
    let bytes = Array(text.utf8)
    let wanted = Array(part.utf8)
    guard
      let start = bytes.indices.first(where: { place in
        bytes[place...].starts(with: wanted)
      })
    else { return text }
    return String(decoding: bytes[..<start], as: UTF8.self) + other
      + String(decoding: bytes[(start + wanted.count)...], as: UTF8.self)
  }
}
