package import Model

/// What is known of a port number on one host, whoever may or may not answer on it.
package struct PortFacts: Hashable, Sendable {
  /// IANA's three ranges (RFC 6335, section 6).
  package enum Range: String, Hashable, Sendable {
    /// Port 0, which is reserved.
    case reserved
    /// 1 to 1023, also called system ports.
    case wellKnown = "well-known"
    /// 1024 to 49151, also called user ports.
    case registered
    /// 49152 to 65535, also called private or ephemeral ports.
    case dynamic

    package init(_ port: Port) {
      switch port.number {
      case 0: self = .reserved
      case ..<1024: self = .wellKnown
      case ..<49152: self = .registered
      default: self = .dynamic
      }
    }

    /// The numbers, for people.
    var numbers: String {
      switch self {
      case .reserved: "0"
      case .wellKnown: "1-1023"
      case .registered: "1024-49151"
      case .dynamic: "49152-65535"
      }
    }
  }

  package var port: Port
  /// Lines of /etc/services, in its order.
  package var services: [Service]
  /// Sockets that hold the port; `nil` when the kernel did not tell.
  package var sockets: [Listener]?

  /// Connections that took the port for their own end, though no service has it.
  package var connections: [SocketRecord]

  package init(
    port: Port, services: [Service] = [], sockets: [Listener]? = nil,
    connections: [SocketRecord] = []
  ) {
    self.port = port
    self.services = services
    self.sockets = sockets
    self.connections = connections
  }

  /// What usually serves it, whether it is installed here or not.
  var usual: [KnownService] {
    var found = KnownService.usual(on: port, .tcp)
    for service in KnownService.usual(on: port, .udp) where !found.contains(service) {
      found.append(service)
    }
    return found
  }

  package var range: Range { Range(port) }
}

/// Facts about several ports of one host, and the settings that they are judged by.
package struct PortReport: Hashable, Sendable {
  package var ports: [PortFacts]
  package var settings: KernelSettings
  /// What stands before a command so that it runs where the facts are from: empty, or
  /// `ip netns exec NAME ` and the like.
  package var place: String

  package init(ports: [PortFacts], settings: KernelSettings, place: String = "") {
    self.ports = ports
    self.settings = settings
    self.place = place
  }

  /// Whether the kernel picks it by itself for sockets that asked for no port.
  func isEphemeral(_ port: Port) -> Bool { settings.ephemeralPorts.contains(port.number) }

  /// Whether the kernel is told never to pick it.
  func isReserved(_ port: Port) -> Bool {
    settings.reservedPorts.contains { $0.contains(port.number) }
  }

  /// Whether binding it takes CAP_NET_BIND_SERVICE (`inet_port_requires_bind_service`).
  func isPrivileged(_ port: Port) -> Bool {
    port.number != 0 && port.number < settings.unprivilegedPortStart
  }

  /// Sockets of a service whose port the kernel may give to an outgoing connection as soon as they
  /// are closed. The service then can't start: EADDRINUSE (`inet_csk_bind_conflict`).
  func endangered(_ facts: PortFacts) -> [Listener] {
    guard isEphemeral(facts.port), !isReserved(facts.port) else { return [] }
    return (facts.sockets ?? []).filter(\.isService)
  }

  /// Whether outgoing connections may take a port that a service has or usually would have.
  func canBeTaken(_ facts: PortFacts) -> Bool {
    isEphemeral(facts.port) && !isReserved(facts.port)
      && (!endangered(facts).isEmpty || !facts.usual.isEmpty)
  }

  /// The command that reserves a port, with those that are reserved already: the setting is
  /// replaced as a whole.
  func reservation(of port: Port) -> String {
    let ranges = settings.reservedPorts + [port.number...port.number]
    let list = ranges.map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
    }
    return "\(place)sysctl -w net.ipv4.ip_local_reserved_ports=\(list.joined(separator: ","))"
  }
}

extension Listener {
  /// A UDP socket with a peer, or one whose port the kernel picked for a client, can't be told from
  /// a service's by more than the peer; TCP listeners are services.
  var isService: Bool { transport == .tcp || peer == nil }
}
