internal import Kernel
internal import Model
internal import Reporting

/// Who would get in to a listener, told before there is one.
struct ListenerOutlook {
  let transport: TransportProtocol
  let endpoint: Endpoint
  let isV6Only: Bool

  /// A sentence for people.
  func sentence() -> String {
    guard let port = endpoint.port else { return "" }
    let view = HostView(ports: port.number...port.number, readsRuleset: true)
    let listener = Listener(
      transport: transport, address: endpoint.address, port: port, isV6Only: isV6Only,
      userID: CurrentProcess.effectiveUserID)
    var records = [
      SocketRecord(listener: listener, state: transport == .tcp ? .listening : .closed)
    ]
    ListenerExposure(view: view, place: "here").judge(&records)
    guard let record = records.first else { return "" }
    if record.reachability == nil, let gap = view.gap {
      return gap.isPermission
        ? "who can reach it is not known: reading the firewall takes CAP_NET_ADMIN (sudo)"
        : "who can reach it is not known: \(gap.message)"
    }
    let words = RuleWords(
      ruleset: view.ruleset ?? Ruleset(), interfaces: view.host.interfaces)
    return ReachabilityText.sentence(of: record) { words.text(of: $1) }
  }
}
