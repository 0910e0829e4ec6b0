package import Model

/// How to probe; the same for every address and port of a plan.
package struct ProbeSettings: Hashable, Sendable {
  /// TCP or UDP.
  package var transport: TransportProtocol
  /// `-s`: the local address to bind to.
  package var source: IPAddress?
  /// `-p`: the local port to bind to.
  package var sourcePort: Port?
  /// The device to bind to (`SO_BINDTODEVICE`).
  package var device: String?
  /// The mark on every packet (`SO_MARK`; needs privilege).
  package var mark: UInt32?
  /// How long to wait for an answer.
  package var timeout: Duration
  /// `--banner`: whether to wait for the first bytes of the peer as well.
  package var wantsBanner: Bool
  /// What a UDP probe says.
  package var payload: PayloadPolicy

  package init(
    transport: TransportProtocol = .tcp, source: IPAddress? = nil, sourcePort: Port? = nil,
    device: String? = nil, mark: UInt32? = nil, timeout: Duration = .seconds(3),
    wantsBanner: Bool = false, payload: PayloadPolicy = .automatic
  ) {
    self.transport = transport
    self.source = source
    self.sourcePort = sourcePort
    self.device = device
    self.mark = mark
    self.timeout = timeout
    self.wantsBanner = wantsBanner
    self.payload = payload
  }
}

/// What a UDP probe sends.
package enum PayloadPolicy: Hashable, Sendable {
  /// A question of the protocol that usually has the port; elsewhere one newline.
  case automatic
  /// These bytes.
  case bytes([UInt8])
}

/// One address and port to be probed.
package struct ProbeRequest: Hashable, Sendable {
  package var target: ScopedAddress
  package var port: Port
  package var settings: ProbeSettings

  package init(_ target: ScopedAddress, port: Port, settings: ProbeSettings = ProbeSettings()) {
    self.target = target
    self.port = port
    self.settings = settings
  }
}

/// Every port of every address: the probes of one run, without holding them one by one.
package struct ProbePlan: Hashable, Sendable {
  package var targets: [ScopedAddress]
  package var ports: [Port]
  package var settings: ProbeSettings
  /// Ports that are not probed, by target: one flag for each of `ports`. A target that is not in it
  /// is probed at all of them.
  package var omitted: [Int: [Bool]]

  package init(
    targets: [ScopedAddress], ports: [Port], settings: ProbeSettings = ProbeSettings(),
    omitted: [Int: [Bool]] = [:]
  ) {
    self.targets = targets
    self.ports = ports
    self.settings = settings
    self.omitted = omitted
  }

  /// From this many probes on, waits are adapted to each host, and silent ports asked again.
  package static let bulk = 65

  /// Whether it is a scan rather than a few questions, each of which gets its full time.
  package var isBulk: Bool { count >= Self.bulk }

  /// Which probe of the plan: indices into `targets` and `ports`.
  package struct Position: Hashable, Sendable {
    package var target: Int
    package var port: Int

    package init(target: Int, port: Int) {
      self.target = target
      self.port = port
    }
  }

  /// How many probes there are.
  package var count: Int {
    let (all, overflow) = targets.count.multipliedReportingOverflow(by: ports.count)
    guard !overflow else { return .max }
    return omitted.values.reduce(all) { $0 - $1.count { $0 } }
  }

  /// Whether a probe is left out.
  func omits(_ position: Position) -> Bool {
    guard let flags = omitted[position.target], flags.indices.contains(position.port) else {
      return false
    }
    return flags[position.port]
  }

  /// The probe at a position, which must be one of the plan's.
  package subscript(position: Position) -> ProbeRequest {
    ProbeRequest(targets[position.target], port: ports[position.port], settings: settings)
  }
}
