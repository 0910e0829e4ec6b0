extension Rule {
  /// The text of an iptables `-m comment` match, `nil` without one.
  ///
  /// The corresponding kernel structure is `xt_comment_info`: 256 bytes, ended by a NUL.
  package var xtablesComment: String? {
    for case .xtablesMatch(let match) in expressions where match.name == "comment" {
      return String(decoding: match.info.prefix(256).prefix { $0 != 0 }, as: UTF8.self)
    }
    return nil
  }
}
