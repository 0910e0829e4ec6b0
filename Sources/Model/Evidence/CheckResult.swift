/// One row of a check: what was asked, what is known, what follows.
package struct CheckResult: Hashable, Sendable {
  package var evidence: Evidence
  package var finding: Finding
  /// The port's name in the service database.
  package var service: String?
  /// The target as the user wrote it: a name, an address, a block.
  package var target: String
  /// The scope id of a link-local address, as the user wrote it.
  package var scope: String?

  /// Whether the row only informs and has no say in the exit status (contract.md, section 5):
  /// strangers that were not asked about.
  package var isInformational: Bool

  package init(
    evidence: Evidence, finding: Finding, service: String? = nil, target: String,
    scope: String? = nil, isInformational: Bool = false
  ) {
    self.evidence = evidence
    self.finding = finding
    self.service = service
    self.target = target
    self.scope = scope
    self.isInformational = isInformational
  }
}
