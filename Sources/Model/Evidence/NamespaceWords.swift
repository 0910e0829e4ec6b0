/// How a command for people is made to run in a network namespace.
package enum NamespaceWords {
  /// The words before a command, with a space at their end; none for `nil`, `here` and `netns:`.
  ///
  /// - Parameter name: a name under /run/netns (ip-netns(8)), a path, a pid, or what namespaces
  ///   without a name are shown as: `pid 812 (nginx)`. As a place it begins with `netns:`.
  package static func prefix(_ name: String?) -> String {
    guard var name, name != "here" else { return "" }
    if name.hasPrefix("netns:") { name.removeFirst("netns:".count) }
    guard !name.isEmpty else { return "" }
    if name.contains("/") { return "nsenter --net=\(name.shellWord) " }
    let digits = (name.hasPrefix("pid ") ? name.dropFirst(4) : name[...])
      .prefix { $0.isASCII && $0.isNumber }
    if let pid = Int32(digits), name.hasPrefix("pid ") || digits.count == name.count {
      return "nsenter -n -t \(pid) "
    }
    return "ip netns exec \(name.shellWord) "
  }
}
