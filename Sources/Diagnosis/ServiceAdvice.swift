internal import Model

/// Which service a port belongs to, and the commands that start or stop it.
enum ServiceAdvice {
  static func provider(_ r: Reading) -> Provider? {
    // Whoever has the port elsewhere, on another address say, is the one to talk about.
    if let evidence = r.evidence.services, r.presence == .nothing, r.nearMiss == nil {
      return missing(evidence)
    }
    guard r.presence == .listening, let socket = r.evidence.listeners?.matching.first else {
      return nil
    }
    if let activated = r.evidence.services?.candidates.first(where: { $0.socket != nil }),
      let unit = activated.socket
    {
      return Provider(
        name: activated.name, unit: activated.unit?.name, socket: unit.name, state: .running,
        summary: "systemd listens for \(unit.name) and starts the service on demand",
        stop: "systemctl stop \(unit.name.shellWord)")
    }
    guard let unit = socket.unit, unit.hasSuffix(".service"),
      r.evidence.listeners?.namespace == nil
    else { return nil }
    return Provider(
      name: socket.program?.command ?? unit, unit: unit, state: .running,
      summary: "\(unit) runs", stop: "systemctl stop \(unit.shellWord)")
  }

  /// What to do where nothing listens; `nil` if no service is known.
  static func suggestion(_ r: Reading) -> String? {
    guard let provider = provider(r) else { return nil }
    let unit = provider.socket ?? provider.unit
    switch (provider.state, unit) {
    case (.running, let unit?):
      return "see the listen or port setting of \(provider.name), and: "
        + "journalctl -u \(unit.shellWord)"
    case (.failed, let unit?):
      return provider.start.map { "\($0)  (why it failed: journalctl -u \(unit.shellWord))" }
    default:
      return provider.start
    }
  }

  /// Nothing listens.
  private static func missing(_ evidence: ServiceEvidence) -> Provider? {
    guard let best = evidence.candidates.first else { return nil }
    guard best.isInstalled else { return absent(evidence.candidates) }
    let unit = best.socket ?? best.unit
    var provider = Provider(
      name: best.name, package: best.package, isInstalled: true, unit: best.unit?.name,
      socket: best.socket?.name, state: unit?.state ?? .unknown, isEnabled: unit?.isEnabled,
      summary: "")
    guard let unit, evidence.hasSystemd else {
      provider.summary = "\(best.name) is installed here, and does not listen"
      provider.start = best.initScript.map { "service \($0.shellWord) start" }
      return provider
    }
    let brought = best.isPackageInstalled ? best.package.map { " (package \($0))" } ?? "" : ""
    let name = unit.name.shellWord
    if unit.isMasked {
      provider.summary = "\(unit.name)\(brought) is masked"
      provider.start = "systemctl unmask \(name); systemctl start \(name)"
      return provider
    }
    switch unit.state {
    case .failed:
      provider.summary = "\(unit.name)\(brought) has failed"
      provider.start = "systemctl restart \(name)"
    case .running:
      provider.summary = "\(unit.name)\(brought) runs, but does not listen there"
    case .stopped, .unknown:
      let manner = best.socket == nil ? "" : ", which listens there on demand,"
      provider.summary = "\(unit.name)\(brought)\(manner) is not started"
      provider.start =
        unit.isEnabled ? "systemctl start \(name)" : "systemctl enable --now \(name)"
    }
    return provider
  }

  /// None of those that usually have the port is there.
  private static func absent(_ candidates: [ServiceEvidence.Candidate]) -> Provider? {
    guard let first = candidates.first else { return nil }
    let names = candidates.prefix(3).map(\.name)
    let list =
      names.count < 2
      ? names.joined() : names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
    let verdict = names.count < 2 ? "which is not installed" : "none of which is installed"
    return Provider(
      name: first.name, package: first.package, isInstalled: false, state: .stopped,
      summary: "usually \(list), \(verdict)",
      start: names.count == 1 ? first.package.map { "apt install \($0.shellWord)" } : nil)
  }
}
