/// A rule: expressions run left to right, until one does not match.
package struct Rule: Hashable, Sendable {
  /// Unique within the table.
  package var handle: UInt64
  package var expressions: [Expression]
  package var comment: String?

  package init(handle: UInt64, expressions: [Expression], comment: String? = nil) {
    self.handle = handle
    self.expressions = expressions
    self.comment = comment
  }
}
