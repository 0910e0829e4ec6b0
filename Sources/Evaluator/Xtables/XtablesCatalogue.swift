internal import DecisionDiagram
internal import Model

/// One revision of an xtables match: its structure's size, and how it is evaluated.
struct XtablesMatch: Sendable {
  let name: String
  let revision: UInt32
  /// Bytes of the C structure without the kernel's own tail, if there is one.
  let size: Int
  /// Gives the packets that match; only those within the given set are meant.
  let evaluate: @Sendable (Run, XtablesInfo, Node) -> Node

  init(
    _ name: String, _ revision: UInt32 = 0, size: Int,
    _ evaluate: @escaping @Sendable (Run, XtablesInfo, Node) -> Node
  ) {
    self.name = name
    self.revision = revision
    self.size = size
    self.evaluate = evaluate
  }

  /// All that are known, by name.
  static let catalogue: [String: [XtablesMatch]] = Dictionary(
    grouping: ports + icmp + connections + addresses + devices + headers + extensionHeaders
      + contents + sockets + marks + sets + stateful, by: \.name)
}

/// One revision of an xtables target. Evaluating it ends the rule for packets, or changes them.
struct XtablesTarget: Sendable {
  let name: String
  let revision: UInt32
  let size: Int
  let evaluate: @Sendable (Run, XtablesInfo, Node) -> Void

  init(
    _ name: String, _ revision: UInt32 = 0, size: Int,
    _ evaluate: @escaping @Sendable (Run, XtablesInfo, Node) -> Void
  ) {
    self.name = name
    self.revision = revision
    self.size = size
    self.evaluate = evaluate
  }

  static let catalogue: [String: [XtablesTarget]] = Dictionary(
    grouping: verdicts + translations + marks + sets + rewrites + silent, by: \.name)
}

extension Run {
  /// An xtables match: without an evaluation of its own it can't be decided.
  ///
  /// Source: net/netfilter/nft_compat.c, `nft_match_eval`: false breaks, *hotdrop* drops.
  func evaluate(match: XtablesExtension, _ matched: Node) -> Node {
    guard isInternet,
      let known = XtablesMatch.catalogue[match.name]?.first(where: {
        $0.revision == match.revision
      }), match.info.count >= known.size
    else { return undecidable("the xtables match \(match.name), revision \(match.revision),") }
    return known.evaluate(
      self, XtablesInfo(bytes: match.info, revision: match.revision), matched)
  }

  /// An xtables target. Source: `nft_target_eval_xt`.
  func evaluate(target: XtablesExtension, _ matched: Node) -> Node {
    guard isInternet,
      let known = XtablesTarget.catalogue[target.name]?.first(where: {
        $0.revision == target.revision
      }), target.info.count >= known.size
    else {
      let passes = fact(
        holds:
          "the xtables target \(target.name), revision \(target.revision), lets the packet pass",
        fails: "the xtables target \(target.name), revision \(target.revision), drops the packet")
      end(diagram.subtract(matched, passes), .verdict(.drop))
      return .always
    }
    known.evaluate(self, XtablesInfo(bytes: target.info, revision: target.revision), matched)
    return .always
  }

  /// Whether the rule runs at IPv4's or IPv6's hooks; bridges have extensions of their own.
  private var isInternet: Bool {
    guard state.family != nil else { return false }
    switch index.table(of: index.chains[baseChain]).family {
    case .ip, .ip6, .inet: return true
    default: return false
    }
  }

  /// The kernel's *hotdrop*: the match can't read what it must, and drops the packet.
  func hotdrop(_ matched: Node) -> Node {
    end(matched, .verdict(.drop))
    return .never
  }

  func inverted(_ node: Node, _ isInverted: Bool) -> Node {
    isInverted ? diagram.not(node) : node
  }
}
