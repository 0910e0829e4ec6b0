package import Model

/// One address of a scan for other programs' formats, with states in nmap's words: the ports one by
/// one, those of a frequent state only counted.
package struct HostRecord: Sendable {
  /// A port that is listed.
  package struct Entry: Sendable {
    package var port: Port
    package var state: String
    package var reason: String
    package var service: String?
    package var banner: [UInt8]?
  }

  /// Ports that are only counted.
  package struct Extra: Sendable {
    package var state: String
    package var reasons: [String: Int] = [:]
    package var count: Int { reasons.values.reduce(0, +) }
  }

  package let address: IPAddress
  package let name: String?
  package let transport: TransportProtocol
  private var states: [String: [Entry]] = [:]
  private var counted: [String: Extra] = [:]

  /// More ports than this of a state other than open are counted (nmap's own limit).
  private static let limit = 25

  /// - Parameter name: the host as the user named it, if that is not its address.
  package init(address: IPAddress, name: String?, transport: TransportProtocol) {
    self.address = address
    self.name = name
    self.transport = transport
  }

  /// Takes a port in; cheap for one that is only counted.
  package mutating func add(
    _ port: Port, _ state: PortState, reason: String, service: @autoclosure () -> String?,
    banner: [UInt8]? = nil
  ) {
    let word = Self.word(state)
    if counted[word] != nil {
      counted[word]?.reasons[reason, default: 0] += 1
      return
    }
    states[word, default: []].append(
      Entry(port: port, state: word, reason: reason, service: service(), banner: banner))
    guard word != "open", let entries = states[word], entries.count > Self.limit else { return }
    var extra = Extra(state: word)
    for entry in entries { extra.reasons[entry.reason, default: 0] += 1 }
    counted[word] = extra
    states[word] = nil
  }

  /// The ports listed, in order.
  package var entries: [Entry] {
    states.values.joined().sorted { $0.port < $1.port }
  }

  /// The states counted, the most frequent first.
  package var extras: [Extra] {
    counted.values.sorted { ($0.count, $1.state) > ($1.count, $0.state) }
  }

  /// Whether anything at all came from the host.
  package var isUp: Bool {
    let reasons = entries.map(\.reason) + extras.flatMap(\.reasons.keys)
    return reasons.contains { !["no-response", "host-unreach", "net-unreach"].contains($0) }
  }

  /// nmap knows no difference between blocked and filtered, or between closed and refused.
  static func word(_ state: PortState) -> String {
    switch state {
    case .open: "open"
    case .closed, .refused: "closed"
    case .openOrFiltered: "open|filtered"
    case .blocked, .filtered, .unreachable, .unknown: "filtered"
    }
  }
}

/// When a scan was made and of what, for the heads and ends of reports.
package struct ScanFrame: Sendable {
  /// The words of the call.
  package var words: [String]
  package var version: String
  package var transport: TransportProtocol
  package var ports: [Port]
  /// Seconds since 1970, and the same in words as ctime(3) has it.
  package var start: (seconds: Int64, text: String)

  package init(
    words: [String], version: String, transport: TransportProtocol, ports: [Port],
    start: (seconds: Int64, text: String)
  ) {
    self.words = words
    self.version = version
    self.transport = transport
    self.ports = ports
    self.start = start
  }

  var call: String { (["reach"] + words).joined(separator: " ") }
  /// `22,80-83`.
  var services: String {
    PortRanges.text(ports).split(separator: " ").joined()
  }
}
