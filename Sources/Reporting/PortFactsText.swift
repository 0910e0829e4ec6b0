internal import Model

/// Facts about ports for people: a few in full, more as a table.
package struct PortFactsText {
  private let style: Style

  /// More ports than this become a table.
  private static let fullLimit = 6

  package init(style: Style) {
    self.style = style
  }

  package func text(of report: PortReport) -> String {
    guard report.ports.count > Self.fullLimit else {
      return report.ports.map { full($0, report) }.joined(separator: "\n")
    }
    return table(report)
  }

  // MARK: In full

  private func full(_ facts: PortFacts, _ report: PortReport) -> String {
    var text = style.paint("port \(facts.port)", .heading)
    let names = Self.names(facts.services)
    if let first = names.first { text += " (\(first.name))" }
    text += "\n"
    guard facts.port.number != 0 else { return text + portZero(report) }
    for (name, transports, aliases) in names {
      let also = aliases.isEmpty ? "" : ", also " + aliases.joined(separator: ", ")
      text += line("name", "\(name) for \(transports.joined(separator: " and "))\(also)")
    }
    if names.isEmpty { text += line("name", "none in /etc/services") }
    if !facts.usual.isEmpty {
      text += line("usually", facts.usual.map(\.name).joined(separator: ", "))
    }
    let range = facts.range
    text += line("class", "\(range.rawValue): \(range.numbers) (RFC 6335)")
    text += line("bind", binding(facts.port, report))
    text += line("outgoing", outgoing(facts.port, report))
    text += holders(facts)
    if report.canBeTaken(facts) {
      text += warning(facts, report.endangered(facts).first, report)
    }
    return text
  }

  private func binding(_ port: Port, _ report: PortReport) -> String {
    let start = report.settings.unprivilegedPortStart
    return report.isPrivileged(port)
      ? "takes root or CAP_NET_BIND_SERVICE: below net.ipv4.ip_unprivileged_port_start (\(start))"
      : "any user may (net.ipv4.ip_unprivileged_port_start is \(start))"
  }

  private func outgoing(_ port: Port, _ report: PortReport) -> String {
    let range = report.settings.ephemeralPorts
    let words = "\(range.lowerBound)-\(range.upperBound), net.ipv4.ip_local_port_range"
    guard report.isEphemeral(port) else {
      return "connections from here never take it by themselves (they use \(words))"
    }
    return report.isReserved(port)
      ? "spared by net.ipv4.ip_local_reserved_ports, though within \(words)"
      : "connections from here may take it (\(words))"
  }

  private func holders(_ facts: PortFacts) -> String {
    guard let sockets = facts.sockets else { return line("in use", "not known") }
    if sockets.isEmpty, facts.connections.isEmpty {
      return line("in use", "no: nothing listens on it")
    }
    let taken = facts.connections.prefix(3).map { record in
      let peer = record.listener.peer.map { " to \($0)" } ?? ""
      return line(
        "taken",
        "tcp " + SocketText.text(of: record.listener) + peer
          + ": a connection that began here has it, and no service can have it meanwhile")
    }
    return taken.joined()
      + sockets.map { line("in use", "\($0.transport) " + SocketText.text(of: $0)) }.joined()
  }

  private func warning(_ facts: PortFacts, _ socket: Listener?, _ report: PortReport) -> String {
    let command = socket?.program.map { Escaping.printable($0.command) } ?? ""
    let usual = socket == nil ? facts.usual.first?.name : nil
    let who = command.isEmpty ? usual ?? "the service" : command
    let text =
      "while \(who) is not running, an outgoing connection can take port \(facts.port), and it "
      + "can't start (\"Address already in use\")"
    return line("warning", text, tone: .warning)
      + "  " + "try".padded(to: 10) + " " + Escaping.printable(report.reservation(of: facts.port))
      + "\n"
  }

  private func portZero(_ report: PortReport) -> String {
    let range = report.settings.ephemeralPorts
    return line("class", "reserved: no service can have it (RFC 6335)")
      + line(
        "bind",
        "bind(2) to port 0 means: any free port. The kernel picks one of "
          + "\(range.lowerBound)-\(range.upperBound) (net.ipv4.ip_local_port_range)")
      + line(
        "connect",
        "a TCP connection to port 0 is refused, since nothing can listen there; sending UDP to it "
          + "fails with \"Invalid argument\"")
      + line("ss", "shows port 0 as *: the other end of a listener, say")
  }

  private func line(_ title: String, _ content: String, tone: Style.Tone? = nil) -> String {
    let lines = Wrapping.lines(content, width: (style.width ?? 100) - 13)
    let padded = title.padded(to: 10)
    var text = "  " + (tone.map { style.paint(padded, $0) } ?? padded) + " "
    text += lines.joined(separator: "\n" + String(repeating: " ", count: 13))
    return text + "\n"
  }

  /// Names with the protocols that they stand for, each name once.
  private static func names(
    _ services: [Service]
  ) -> [(name: String, transports: [String], aliases: [String])] {
    var names: [(name: String, transports: [String], aliases: [String])] = []
    for service in services {
      let name = Escaping.printable(service.name)
      let transport = service.transport.description
      if let place = names.firstIndex(where: { $0.name == name }) {
        if !names[place].transports.contains(transport) {
          names[place].transports.append(transport)
        }
      } else {
        names.append((name, [transport], service.aliases.map { Escaping.printable($0) }))
      }
    }
    return names
  }

  // MARK: As a table

  private func table(_ report: PortReport) -> String {
    let shown = report.ports.filter { !$0.services.isEmpty || $0.sockets?.isEmpty == false }
    var rows = [["PORT", "NAME", "CLASS", "BIND", "OUTGOING", "IN USE BY"]]
    for facts in shown {
      let names = Self.names(facts.services).map {
        $0.name + "/" + $0.transports.joined(separator: "+")
      }
      rows.append([
        "\(facts.port)", names.isEmpty ? "-" : names.joined(separator: " "), facts.range.rawValue,
        report.isPrivileged(facts.port) ? "root" : "anybody",
        !report.isEphemeral(facts.port) ? "-" : report.isReserved(facts.port) ? "spared" : "may",
        Self.holders(facts.sockets),
      ])
    }
    var text = shown.isEmpty ? "" : lay(rows)
    let hidden = report.ports.count - shown.count
    if hidden > 0 { text += "not shown: \(hidden) that have no name and are not in use\n" }
    let endangered = report.ports.filter { !report.endangered($0).isEmpty }.map(\.port)
    if !endangered.isEmpty {
      text +=
        style.paint("warning", .warning) + ": outgoing connections can take "
        + PortRanges.text(endangered) + " while the service is not running; reach port "
        + "\(endangered.map(\.description).first ?? "") says more\n"
    }
    return text
  }

  private static func holders(_ sockets: [Listener]?) -> String {
    guard let sockets else { return "?" }
    var names: [String] = []
    for socket in sockets {
      let command = socket.program?.command ?? socket.unit ?? ""
      let name = command.isEmpty ? "\(socket.transport)" : Escaping.printable(command)
      if !names.contains(name) { names.append(name) }
    }
    return names.isEmpty ? "-" : names.joined(separator: ", ")
  }

  private func lay(_ rows: [[String]]) -> String {
    var widths = [Int](repeating: 0, count: 6)
    for row in rows {
      for (column, cell) in zip(widths.indices, row) {
        widths[column] = max(widths[column], cell.count)
      }
    }
    var text = ""
    for (number, row) in rows.enumerated() {
      let cells = zip(row, widths).map { $0.padded(to: $1) }
      let line = cells.joined(separator: "  ").trimmed
      text += (number == 0 ? style.paint(line, .heading) : line) + "\n"
    }
    return text
  }
}
