package import Model

/// A whole check: text and JSON are views of it.
package struct CheckReport: Hashable, Sendable {
  /// The target as the user wrote it; `nil` when the words were not understood so far.
  package var target: String?
  package var results: [CheckResult]
  /// Why the whole call failed; results known before are kept.
  package var failure: ReportFailure?

  package init(target: String?, results: [CheckResult], failure: ReportFailure? = nil) {
    self.target = target
    self.results = results
    self.failure = failure
  }
}

/// The failure of a whole call, as the contract's `error` object.
package struct ReportFailure: Hashable, Sendable {
  /// `name-not-found`, `usage`, ...
  package var slug: String
  /// A sentence for people.
  package var message: String

  package init(slug: String, message: String) {
    self.slug = slug
    self.message = message
  }
}

/// Puts a step's rule into the words of its own program: nft's syntax.
///
/// Asked only for steps that have a rule; policies and legacy rules have words of their own.
package typealias RuleDescriber = (TraceStep) -> String

extension TraceStep {
  /// The step's rule or policy as text, `nil` if nothing is known of it.
  func ruleText(_ describe: RuleDescriber) -> String? {
    if isPolicy { return "policy \(verdict.rawValue)" }
    if let legacyText { return legacyText }
    return rule == nil ? nil : describe(self)
  }

  /// The rule's comment, in nft's own place or in iptables'.
  var comment: String? { rule?.comment ?? rule?.xtablesComment }
}

extension Origin {
  /// The contract's `from`: `here`, `ADDR[:PORT][%IFACE]`, `outside%IFACE`.
  var word: String {
    switch self {
    case .here: "here"
    case .address(let address, let port, let interface):
      Endpoint(address, port: port).description + (interface.map { "%" + $0 } ?? "")
    case .outside(let interface, _, _): "outside%" + interface
    }
  }
}
