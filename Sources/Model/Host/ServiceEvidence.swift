/// What a host knows of the services that could have a port.
package struct ServiceEvidence: Hashable, Sendable {
  /// The one that explains most first.
  package var candidates: [Candidate]
  /// Whether systemd runs this host; its unit files may be there without it, as in containers.
  package var hasSystemd: Bool

  package init(candidates: [Candidate], hasSystemd: Bool) {
    self.candidates = candidates
    self.hasSystemd = hasSystemd
  }

  /// A service, as far as it is installed.
  package struct Candidate: Hashable, Sendable {
    package var name: String
    /// The Debian package that is installed, or else the one that usually brings it.
    package var package: String?
    package var isPackageInstalled: Bool
    package var unit: Unit?
    /// A socket unit that listens on this very port, on demand.
    package var socket: Unit?
    /// The name in /etc/init.d.
    package var initScript: String?

    package init(
      name: String, package: String? = nil, isPackageInstalled: Bool = false, unit: Unit? = nil,
      socket: Unit? = nil, initScript: String? = nil
    ) {
      self.name = name
      self.package = package
      self.isPackageInstalled = isPackageInstalled
      self.unit = unit
      self.socket = socket
      self.initScript = initScript
    }

    package var isInstalled: Bool {
      isPackageInstalled || unit != nil || socket != nil || initScript != nil
    }
  }

  /// A systemd unit whose file is there.
  package struct Unit: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
      case running
      case stopped
      case failed
      case unknown
    }

    package var name: String
    /// Whether it is started with the host (a `.wants` link).
    package var isEnabled: Bool
    /// Linked to /dev/null: it can't be started.
    package var isMasked: Bool
    package var state: State

    package init(
      name: String, isEnabled: Bool = false, isMasked: Bool = false, state: State = .unknown
    ) {
      self.name = name
      self.isEnabled = isEnabled
      self.isMasked = isMasked
      self.state = state
    }
  }
}

/// The service behind a port: which it is, in what state, and the commands for it.
package struct Provider: Hashable, Sendable {
  package var name: String
  package var package: String?
  /// `nil` when that was not looked for.
  package var isInstalled: Bool?
  package var unit: String?
  package var socket: String?
  package var state: ServiceEvidence.Unit.State
  package var isEnabled: Bool?
  /// A sentence for people.
  package var summary: String
  package var start: String?
  package var stop: String?

  package init(
    name: String, package: String? = nil, isInstalled: Bool? = nil, unit: String? = nil,
    socket: String? = nil, state: ServiceEvidence.Unit.State, isEnabled: Bool? = nil,
    summary: String, start: String? = nil, stop: String? = nil
  ) {
    self.name = name
    self.package = package
    self.isInstalled = isInstalled
    self.unit = unit
    self.socket = socket
    self.state = state
    self.isEnabled = isEnabled
    self.summary = summary
    self.start = start
    self.stop = stop
  }
}
