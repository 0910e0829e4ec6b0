extension String {
  /// The text as one word of a POSIX shell: bare where nothing needs quoting, else in single
  /// quotes.
  ///
  /// Names of chains and devices may hold anything: a command that is shown for copying must not
  /// become another one (POSIX.1-2017, Shell Command Language, section 2.2).
  package var shellWord: String {
    let isPlain =
      !isEmpty
      && utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: Self.plainMarks.contains(byte)
        }
      }
    guard !isPlain else { return self }
    return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }

  private static let plainMarks = Set("_-./+:@%,=".utf8)
}
