package import Testing

/// Compares `actual` with the recorded file `Golden/NAME` beside the calling test.
///
/// With `RECORD_GOLDEN=1` the file is rewritten and the test fails: a recording is never taken for
/// a pass.
package func expectGolden(
  _ actual: String, _ name: String, testFile: String = #filePath,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let directory = testFile.split(separator: "/", omittingEmptySubsequences: false).dropLast()
  let path = directory.joined(separator: "/") + "/Golden/" + name
  if environment("RECORD_GOLDEN") == "1" {
    try TestFile.write(actual.utf8, to: path)
    Issue.record("recorded \(path); look at it, then run again", sourceLocation: sourceLocation)
    return
  }
  guard TestFile.exists(path) else {
    Issue.record("\(path) does not exist: RECORD_GOLDEN=1", sourceLocation: sourceLocation)
    return
  }
  let expected = try TestFile.text(path)
  if actual != expected {
    let difference = firstDifference(actual, expected)
    Issue.record("\(name) differs \(difference)", sourceLocation: sourceLocation)
  }
}

/// Where two texts part, for people.
func firstDifference(_ actual: String, _ expected: String) -> String {
  let a = actual.split(separator: "\n", omittingEmptySubsequences: false)
  let b = expected.split(separator: "\n", omittingEmptySubsequences: false)
  let line = zip(a, b).prefix { $0 == $1 }.count
  let found = line < a.count ? "\"\(a[line])\"" : "the end"
  let wanted = line < b.count ? "\"\(b[line])\"" : "the end"
  return "in line \(line + 1):\n   found \(found)\n  wanted \(wanted)\nall of it:\n\(actual)"
}
