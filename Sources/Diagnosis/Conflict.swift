internal import Model

/// Two kinds of evidence that can't both be right.
struct Conflict: Hashable, Sendable {
  /// What the evidence foretells.
  var foretold: String
  /// What the probe saw.
  var seen: String
  /// What may lie behind it, the likeliest first.
  var reasons: [String]

  /// The disagreement in the evidence, `nil` when there is none.
  static func find(in r: Reading) -> Conflict? {
    guard let firewall = r.firewall else { return nil }
    let isOpen = firewall.passage == .passes
    switch r.ownProbe {
    case .connected where !isOpen && firewall.isCertain:
      return Conflict(
        foretold: foretold(firewall), seen: Words.probe(r.probe, r.transport),
        reasons: whyPassed)
    case .connected where r.presence == .nothing && r.evidence.isTargetLocal:
      return Conflict(
        foretold: "no socket of this host takes the packet",
        seen: Words.probe(r.probe, r.transport),
        reasons: [
          "the listener has just gone, or was not to be seen", "a transparent proxy answers",
        ])
    case .timeout where isOpen && r.evidence.listeners != nil && !r.isDatagram:
      return Conflict(
        foretold: promise(r), seen: Words.probe(r.probe, r.transport), reasons: whySilent)
    case .refused where isOpen && r.presence == .listening:
      return Conflict(
        foretold: promise(r), seen: Words.probe(r.probe, r.transport), reasons: whyRefused)
    case .icmp where isOpen && r.evidence.isTargetLocal && r.networkError != nil:
      return Conflict(
        foretold: promise(r), seen: Words.probe(r.probe, r.transport), reasons: whyRefused)
    case .refused, .icmp:
      guard !isOpen, firewall.isCertain, firewall.conclusion.direction == .request,
        firewall.conclusion.verdict != .reject
      else { return nil }
      return Conflict(
        foretold: foretold(firewall), seen: Words.probe(r.probe, r.transport), reasons: whyPassed)
    case .connected, .timeout, .error, .skipped:
      return nil
    }
  }

  private static func foretold(_ firewall: FirewallReading) -> String {
    if let stop = firewall.stop { return Words.obstacle(stop) }
    return "the ruleset would \(firewall.conclusion.verdict.rawValue) it"
      + (firewall.conclusion.decidedBy.map { " (\(Words.place($0)))" } ?? "")
  }

  private static func promise(_ r: Reading) -> String {
    r.presence == .listening
      ? "something listens, and the ruleset lets the packet and its answer through"
      : "the ruleset lets it through, and the kernel answers for a closed port"
  }

  private static let whyPassed = [
    "the ruleset or a timed set element changed between the two",
    "the connection's own mark, user or cgroup differs from the one evaluated",
    "this version misreads a rule: please report it with `nft list ruleset`",
  ]

  private static let whySilent = [
    "a filter that is not netfilter (XDP, tc, cgroup BPF, IPsec, an LSM) drops it unseen",
    "the program behind the socket hangs, or the socket has a filter or a TCP MD5 key",
    "the conntrack table is full, or the ruleset changed meanwhile",
    "this version misreads a rule: please report it with `nft list ruleset`",
  ]

  private static let whyRefused = [
    "the listener started or stopped between the two",
    "a filter that is not netfilter answers in its place",
    "this version misreads a rule: please report it with `nft list ruleset`",
  ]
}
