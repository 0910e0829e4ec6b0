internal import Model

/// State and cause, before words are put to them.
struct Conclusion: Hashable, Sendable {
  var state: PortState
  var cause: Cause
  var isConditional = false

  init(_ state: PortState, _ cause: Cause, isConditional: Bool = false) {
    self.state = state
    self.cause = cause
    self.isConditional = isConditional
  }
}

/// What an ICMP error or an errno of the own kernel means. Sources: `icmp_err_convert`
/// (net/ipv4/icmp.c), `tab_unreach` (net/ipv6/icmp.c), RFC 792, RFC 4443, connect(2).
enum ProbeCauses {
  /// What an ICMP error from the network says. `nil` for one that ends no connection attempt.
  static func conclusion(for icmp: ICMPError) -> Conclusion? {
    icmp.from.family == .v4
      ? conclusion(icmpType: icmp.type, code: icmp.code)
      : conclusion(icmpv6Type: icmp.type, code: icmp.code)
  }

  private static func conclusion(icmpType type: UInt8, code: UInt8) -> Conclusion? {
    switch (type, code) {
    case (3, 0), (3, 6), (3, 11): Conclusion(.unreachable, .netUnreachable)
    case (3, 2): Conclusion(.refused, .protocolUnreachable)
    case (3, 3): Conclusion(.refused, .portUnreachable)
    // Fragmentation needed: path MTU discovery's business.
    case (3, 4): nil
    // Net, host and all communication prohibited; precedence (RFC 1812, section 5.2.7.1).
    case (3, 9), (3, 10), (3, 13), (3, 14), (3, 15): Conclusion(.refused, .icmpProhibited)
    case (3, _): Conclusion(.unreachable, .hostUnreachable)
    case (11, _): Conclusion(.unreachable, .ttlExceeded)
    case (12, _): Conclusion(.unreachable, .hostUnreachable)
    default: nil
    }
  }

  private static func conclusion(icmpv6Type type: UInt8, code: UInt8) -> Conclusion? {
    switch (type, code) {
    case (1, 0): Conclusion(.unreachable, .netUnreachable)
    case (1, 4): Conclusion(.refused, .portUnreachable)
    // Administratively prohibited, source policy failed, reject route.
    case (1, 1), (1, 5), (1, 6): Conclusion(.refused, .icmpProhibited)
    case (1, _): Conclusion(.unreachable, .hostUnreachable)
    case (3, _): Conclusion(.unreachable, .ttlExceeded)
    case (4, _): Conclusion(.unreachable, .hostUnreachable)
    default: nil
    }
  }

  /// What it means that the kernel could not find a way: `RTM_GETROUTE`'s error or connect(2)'s.
  /// `nil` for an error that says nothing of routes.
  static func conclusion(forRouteError error: ErrorNumber) -> Conclusion? {
    switch error {
    case .networkUnreachable, .familyNotSupported: Conclusion(.unreachable, .noRoute)
    case .invalid: Conclusion(.unreachable, .routeBlackhole)
    case .hostUnreachable: Conclusion(.unreachable, .routeUnreachable)
    case .accessDenied: Conclusion(.unreachable, .routeProhibit)
    case .networkDown: Conclusion(.unreachable, .interfaceDown)
    default: nil
    }
  }

  /// What a failed bind(2) of the asked-for source means.
  static func conclusion(forBindError error: ErrorNumber?) -> Conclusion {
    switch error {
    case .some(.notPermitted), .some(.accessDenied): Conclusion(.unknown, .permission)
    default: Conclusion(.unknown, .sourceUnavailable)
    }
  }
}
