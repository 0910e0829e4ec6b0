/// What happened when a packet was really sent.
package struct ProbeOutcome: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    /// Handshake completed; UDP: an answer came.
    case connected
    /// A RST. (A port-unreachable is `.icmp`, for UDP as well; `error` is then ECONNREFUSED.)
    case refused
    /// Silence until the deadline.
    case timeout
    /// An ICMP error; `icmp` says which and from whom.
    case icmp
    /// The kernel refused before or while sending, or found no neighbour; `error` says why, and
    /// `icmp` is set where the kernel told itself by ICMP.
    case error
    /// No packet was sent.
    case skipped
  }

  package var kind: Kind
  package var error: ErrorNumber?
  package var icmp: ICMPError?
  /// Until the answer, whatever it was.
  package var roundTrip: Duration?
  package var attempts: Int
  /// The first bytes that the peer sent, as they came; never longer than the reader's limit.
  package var banner: [UInt8]?
  package var source: Endpoint?
  /// Whether bind(2) of the asked-for source failed, rather than connect(2) or send(2).
  package var failedToBind: Bool

  package init(
    kind: Kind, error: ErrorNumber? = nil, icmp: ICMPError? = nil, roundTrip: Duration? = nil,
    attempts: Int = 1, banner: [UInt8]? = nil, source: Endpoint? = nil, failedToBind: Bool = false
  ) {
    self.kind = kind
    self.error = error
    self.icmp = icmp
    self.roundTrip = roundTrip
    self.attempts = attempts
    self.banner = banner
    self.source = source
    self.failedToBind = failedToBind
  }

  package static let skipped = ProbeOutcome(kind: .skipped, attempts: 0)
}

/// An ICMP or ICMPv6 error, as the socket's error queue reported it.
package struct ICMPError: Hashable, Sendable {
  package var type: UInt8
  package var code: UInt8
  /// The host that sent it.
  package var from: IPAddress
  /// This host's own kernel made it about a packet to somebody else: a neighbour failed, or the own
  /// output rejects. (`SO_EE_ORIGIN_LOCAL`, or sent from the socket's own address.)
  package var isLocal: Bool

  package init(type: UInt8, code: UInt8, from: IPAddress, isLocal: Bool = false) {
    self.type = type
    self.code = code
    self.from = from
    self.isLocal = isLocal
  }
}
