internal import Model
internal import Probing

/// What a check is asked, once the words are understood.
struct CheckQuestion: Sendable {
  /// An address with the word that named it.
  struct Target: Sendable {
    var word: String
    var address: ScopedAddress
  }

  /// Where packets come from, as typed.
  enum OriginWord: Sendable, Hashable {
    case here
    case outside
    case address(IPAddress, port: Port?, interface: String?)
  }

  var targets: [Target]
  var ports: [Port]
  var settings: ProbeSettings
  /// Empty: `here`, and for a target that is this host `outside` besides.
  var origins: [OriginWord]
  var isProbing: Bool
  var readsFirewall: Bool
  var parallel: Int
  /// For the contract's `where`: `here`, or `netns:NAME`.
  var place: String
}

extension CheckQuestion.OriginWord {
  /// Reads `here`, `outside` or `ADDR[:PORT][%IFACE]`.
  init?(_ text: String) {
    switch text {
    case "here": self = .here
    case "outside": self = .outside
    default:
      let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
      guard let endpoint = Endpoint(parts[0]), endpoint.port?.number != 0 else { return nil }
      let interface = parts.count == 2 ? String(parts[1]) : nil
      guard interface != "" else { return nil }
      self = .address(endpoint.address, port: endpoint.port, interface: interface)
    }
  }
}
