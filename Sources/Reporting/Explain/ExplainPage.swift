package import Model

/// What a cause or a state means, what the classic tools show for it, how to confirm it by hand and
/// what to do.
///
/// In commands HOST, PORT, ADDR, IFACE, PID and UNIT stand for what the reader has to fill in.
package struct ExplainPage: Sendable {
  package enum Subject: Hashable, Sendable {
    case cause(Cause)
    case state(PortState)
  }

  /// One line, without capital and full stop.
  package let title: String
  /// A few sentences.
  package let meaning: String
  /// For a cause: the states that it explains, the usual one first.
  package let states: [PortState]
  /// What other tools show, by tool.
  package let others: KeyValuePairs<String, String>
  /// Commands, each with what it shows.
  package let commands: KeyValuePairs<String, String>
  /// What to do, one thing an item.
  package let remedies: [String]

  init(
    _ title: String, _ meaning: String, states: [PortState] = [],
    others: KeyValuePairs<String, String>, commands: KeyValuePairs<String, String>,
    remedies: [String]
  ) {
    self.title = title
    self.meaning = meaning
    self.states = states
    self.others = others
    self.commands = commands
    self.remedies = remedies
  }

  /// The page of a subject.
  package init(_ subject: Subject) {
    switch subject {
    case .cause(let cause): self = Self.page(for: cause)
    case .state(let state): self = Self.page(for: state)
    }
  }
}

extension ExplainPage.Subject {
  /// States first, then causes in the contract's order.
  package static let all: [Self] =
    PortState.allCases.map { .state($0) } + Cause.allCases.map { .cause($0) }

  package var slug: String {
    switch self {
    case .cause(let cause): cause.rawValue
    case .state(let state): state.rawValue
    }
  }

  /// Reads a slug, in capitals as well, since states are shown so.
  package init?(slug: String) {
    let wanted = slug.lowercased()
    guard let subject = Self.all.first(where: { $0.slug == wanted }) else { return nil }
    self = subject
  }

  /// The causes that a state can have.
  var causes: [Cause] {
    guard case .state(let state) = self else { return [] }
    return Cause.allCases.filter { ExplainPage.page(for: $0).states.contains(state) }
  }
}

extension ExplainPage {
  /// The page of a cause. Without a default, so that a new cause can't be forgotten.
  static func page(for cause: Cause) -> ExplainPage {
    switch cause {
    case .connected: connected
    case .allowed: allowed
    case .noListener: noListener
    case .wrongAddress: wrongAddress
    case .wrongFamily: wrongFamily
    case .wrongDevice: wrongDevice
    case .wrongProtocol: wrongProtocol
    case .otherNamespace: otherNamespace
    case .backlogFull: backlogFull
    case .firewallDrop: firewallDrop
    case .firewallReject: firewallReject
    case .firewallQueue: firewallQueue
    case .legacyIptables: legacyIptables
    case .conditional: conditional
    case .natTargetClosed: natTargetClosed
    case .noRoute: noRoute
    case .routeBlackhole: routeBlackhole
    case .routeUnreachable: routeUnreachable
    case .routeProhibit: routeProhibit
    case .interfaceDown: interfaceDown
    case .neighbourFailed: neighbourFailed
    case .hostUnreachable: hostUnreachable
    case .netUnreachable: netUnreachable
    case .ttlExceeded: ttlExceeded
    case .portUnreachable: portUnreachable
    case .icmpProhibited: icmpProhibited
    case .noReturnRoute: noReturnRoute
    case .reversePath: reversePath
    case .forwardingDisabled: forwardingDisabled
    case .remoteReset: remoteReset
    case .noAnswer: noAnswer
    case .nameNotFound: nameNotFound
    case .nameFailure: nameFailure
    case .permission: permission
    case .evidenceConflict: evidenceConflict
    case .otherFilter: otherFilter
    case .martian: martian
    case .protocolUnreachable: protocolUnreachable
    case .sourceUnavailable: sourceUnavailable
    case .localError: localError
    case .notProbed: notProbed
    case .firewallUnknown: firewallUnknown
    }
  }

  /// The page of a state.
  static func page(for state: PortState) -> ExplainPage {
    switch state {
    case .open: open
    case .closed: closed
    case .refused: refused
    case .blocked: blocked
    case .filtered: filtered
    case .openOrFiltered: openOrFiltered
    case .unreachable: unreachable
    case .unknown: unknown
    }
  }
}
