package import Model

/// A scan summed up as it goes, for people: what is remarkable is kept, the rest counted, so that
/// millions of closed ports need no memory.
package struct ScanTally {
  /// One address's ports.
  private struct Host {
    var address: IPAddress
    var counts: [PortState: Int] = [:]
    var notShown: [PortState: Int] = [:]
    var rows: [PortTable.Row] = []
  }

  /// Ports that are as they are for the same reason.
  private struct Reason {
    var first: CheckResult
    var ports: PortBits
    var addresses: Set<IPAddress>
  }

  private struct Key: Hashable {
    var state: PortState
    var cause: Cause
    var step: TraceStep?
  }

  private let showsOnlyOpen: Bool
  private var host: Host?
  private var rows: [PortTable.Row] = []
  private var notShown: [PortState: Int] = [:]
  /// How many rows of a boring state there have been.
  private var boringRows: [PortState: Int] = [:]
  /// Hosts with something open, and what else they have.
  private var openHosts: [(address: IPAddress, counts: [PortState: Int])] = []
  private(set) var hostCount = 0
  private var silentHosts = 0
  private var reasons: [Key: Reason] = [:]
  private var order: [Key] = []
  private(set) var skipped = 0

  /// Reasons beyond this many are not kept.
  private static let reasonLimit = 256

  package init(showsOnlyOpen: Bool) {
    self.showsOnlyOpen = showsOnlyOpen
  }

  /// Counts a port. Those of one address come together.
  ///
  /// - Parameters:
  ///   - alike: the result, or one that differs at most in the port.
  ///   - whole: makes the port's own result; asked only where that is shown.
  package mutating func add(
    _ alike: CheckResult, port: Port, isSkipped: Bool, whole: () -> CheckResult
  ) {
    let address = alike.evidence.flow.destination
    if host?.address != address { endHost() }
    var current = host ?? Host(address: address)
    host = nil
    defer { host = current }
    let state = alike.finding.state
    current.counts[state, default: 0] += 1
    if isSkipped { skipped += 1 }
    explain(alike, port, whole)
    if showsOnlyOpen, state != .open {
      current.notShown[state, default: 0] += 1
      return
    }
    guard PortTable.boring.contains(state) else {
      current.rows.append(PortTable.Row(whole()))
      return
    }
    let count = current.counts[state, default: 0]
    if count == PortTable.rowLimit + 1 {
      current.rows.removeAll { $0.state == state }
      current.notShown[state] = count
    } else if count > PortTable.rowLimit {
      current.notShown[state, default: 0] += 1
    } else {
      current.rows.append(PortTable.Row(whole()))
    }
  }

  private mutating func explain(
    _ alike: CheckResult, _ port: Port, _ whole: () -> CheckResult
  ) {
    let finding = alike.finding
    guard !showsOnlyOpen, finding.state != .open || finding.isConditional,
      finding.cause != .noListener, finding.cause != .remoteReset
    else { return }
    let key = Key(
      state: finding.state, cause: finding.cause, step: finding.firewall?.decidedBy)
    let address = alike.evidence.flow.destination
    guard reasons[key] != nil else {
      guard reasons.count < Self.reasonLimit else { return }
      order.append(key)
      reasons[key] = Reason(first: whole(), ports: PortBits(), addresses: [address])
      return
    }
    reasons[key]?.ports.insert(port)
    reasons[key]?.addresses.insert(address)
  }

  /// The address's ports have all come.
  package mutating func endHost() {
    guard let host else { return }
    self.host = nil
    hostCount += 1
    rows += host.rows.sorted { $0.port < $1.port }
    notShown.merge(host.notShown, uniquingKeysWith: +)
    hideWhatIsFrequent(host)
    if host.counts[.open] != nil { openHosts.append((host.address, host.counts)) }
    let silent: Set<PortState> = [.filtered, .unreachable, .openOrFiltered]
    if host.counts.keys.allSatisfy({ silent.contains($0) }) { silentHosts += 1 }
  }

  /// Of many hosts each may have few ports of a state, and all together too many.
  private mutating func hideWhatIsFrequent(_ host: Host) {
    let states = PortTable.boring.filter { state in
      guard let count = host.counts[state] else { return false }
      boringRows[state, default: 0] += host.notShown[state] == nil ? count : 0
      return boringRows[state, default: 0] > PortTable.rowLimit || notShown[state] != nil
    }
    for state in states {
      let hidden = rows.count { $0.state == state }
      guard hidden > 0 else { continue }
      rows.removeAll { $0.state == state }
      notShown[state, default: 0] += hidden
    }
  }

  /// The whole as text: the table, what is not in it, and the explanations.
  package mutating func text(
    style: Style, isVerbose: Bool, showsReason: Bool, describe: @escaping RuleDescriber
  ) -> String {
    endHost()
    let table = PortTable(style: style, showsOnlyOpen: showsOnlyOpen)
    var text = ""
    if !rows.isEmpty {
      text += table.table(rows, showsReason: showsReason, showsAddress: hostCount > 1)
    }
    if !notShown.isEmpty { text += "not shown: \(Self.words(notShown))\n" }
    if hostCount > 1 { text += hostLines() }
    if skipped > 0 {
      text +=
        "not probed: \(skipped) ports, since rules and sockets tell (--probe-all sends packets)\n"
    }
    return text + explanations(FindingText(style: style, isVerbose: isVerbose, describe: describe))
  }

  /// Ports in a line: their ranges, or how many if that is too long.
  private static func short(_ ports: [Port]) -> String {
    let text = PortRanges.text(ports)
    guard text.utf8.count > 120 else { return text }
    let cut = text.prefix(100).lastIndex(of: ",") ?? text.startIndex
    return "\(text[..<cut]), ... (\(ports.count) ports)"
  }

  private static func words(_ counts: [PortState: Int]) -> String {
    PortState.allCases.compactMap { state in
      counts[state].map { "\($0) \(state.rawValue)" }
    }.joined(separator: ", ")
  }

  private func hostLines() -> String {
    var text = ""
    if openHosts.count > 1 {
      let width = openHosts.map(\.address.description.count).max() ?? 0
      for host in openHosts {
        let name = host.address.description.padded(to: width)
        text += "\(name)  \(Self.words(host.counts))\n"
      }
    }
    text += "\(hostCount) addresses: \(openHosts.count) with open ports"
    return text + (silentHosts > 0 ? ", \(silentHosts) silent\n" : "\n")
  }

  private func explanations(_ findings: FindingText) -> String {
    var text = ""
    let shown = order.prefix(CheckText.explanationLimit).compactMap { reasons[$0] }
    for reason in shown {
      text += "\n" + findings.text(of: reason.first)
      let ports = Self.short(reason.ports.ports)
      let others = reason.addresses.count - 1
      let place = others > 0 ? " on \(others + 1) addresses" : ""
      if !ports.isEmpty { text += "  likewise   \(ports)\(place)\n" }
    }
    let rest = order.count - shown.count
    return rest > 0 ? text + "\n\(rest) more explanations: --json\n" : text
  }
}

/// A set of ports in 8 KiB, whatever their number.
private struct PortBits {
  private var words: [UInt64] = []

  mutating func insert(_ port: Port) {
    if words.isEmpty { words = Array(repeating: 0, count: 1024) }
    words[Int(port.number >> 6)] |= 1 << UInt64(port.number & 63)
  }

  var ports: [Port] {
    words.enumerated().flatMap { place, word in
      (0..<64).compactMap { bit in
        word >> UInt64(bit) & 1 == 1 ? Port(UInt16(truncatingIfNeeded: place * 64 + bit)) : nil
      }
    }
  }
}
