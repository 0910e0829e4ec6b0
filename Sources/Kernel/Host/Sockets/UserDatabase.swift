/// Names of users, from /etc/passwd (passwd(5)), without the name service switch: a directory
/// server that does not answer must not hold up a check.
package struct UserDatabase: Sendable {
  private let bytes: [UInt8]

  /// Reads the file; without it nobody has a name.
  package init(path: String = "/etc/passwd") {
    bytes = (try? TextFile.read(path, limit: 8 << 20)) ?? []
  }

  /// Takes the file's content as it is.
  package init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The first name with that user id.
  package func name(of userID: UInt32) -> String? {
    for line in bytes.lines {
      let fields = line.split(
        separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
      guard fields.count == 4, !fields[0].isEmpty, fields[2].decimal == UInt64(userID) else {
        continue
      }
      return fields[0].text
    }
    return nil
  }
}
