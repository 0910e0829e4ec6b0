/// A scan as nmap writes it with -oG: one line a host.
package enum GrepableText {
  package static func head(_ frame: ScanFrame) -> String {
    "# Nmap \(frame.version) (reach) scan initiated \(frame.start.text) as: "
      + Escaping.printable(frame.call) + "\n"
  }

  package static func host(_ host: HostRecord) -> String {
    let lead = "Host: \(host.address) (\(field(host.name ?? "")))\t"
    var text = lead + "Status: \(host.isUp ? "Up" : "Down")\n"
    let ports = host.entries.map { entry in
      let words = [
        "\(entry.port)", entry.state, "\(host.transport)", "", field(entry.service ?? ""), "",
        field(entry.banner.map { Escaping.printable(bytes: $0.withoutLineEnd) } ?? ""),
      ]
      return words.joined(separator: "/") + "/"
    }
    var parts: [String] = []
    if !ports.isEmpty { parts.append("Ports: " + ports.joined(separator: ", ")) }
    if let extra = host.extras.first {
      parts.append("Ignored State: \(extra.state) (\(extra.count))")
    }
    guard !parts.isEmpty else { return text }
    text += lead + parts.joined(separator: "\t") + "\n"
    return text
  }

  package static func end(
    at time: String, elapsed: Duration, hosts: Int, up: Int
  ) -> String {
    "# Nmap done at \(time) -- \(hosts) IP addresses (\(up) hosts up) scanned in "
      + "\(ScanClock.seconds(elapsed)) seconds\n"
  }

  /// Slashes and commas separate; nmap replaces slashes by bars (output.cc).
  private static func field(_ text: String) -> String {
    String(
      Escaping.printable(text).map { character in
        character == "/" ? "|" : character == "," || character == "\t" ? " " : character
      })
  }
}
