internal import Evaluator
internal import Kernel
internal import Model

/// One network namespace as this program sees it: the calling thread's, read once.
///
/// Parts that few questions need are read when they are asked for.
final class HostView {
  let host: HostSnapshot
  /// `nil` when it may not be read; `gap` says why.
  let ruleset: Ruleset?
  let gap: RulesetGap?
  let evaluation: Evaluation
  /// The routes alone, without any rule.
  private(set) lazy var evaluationOfRoutes = Evaluation(ruleset: Ruleset(), host: host)
  private let elements: ElementLookup?
  private let legacy: [LegacyTable]
  private let ipSets: IPSetLookup?
  private let ports: ClosedRange<UInt16>
  private var listenersByTransport: [TransportProtocol: [Listener]] = [:]
  /// Sockets on ports that NAT leads to.
  private var listenersByPort: [Port: [Listener]] = [:]
  private lazy var programs = ProgramReader()

  /// Why there is no ruleset.
  struct RulesetGap {
    var message: String
    var isPermission: Bool
  }

  /// - Parameters:
  ///   - ports: the ports whose sockets are of interest.
  ///   - readsRuleset: whether the firewall is asked at all.
  init(ports: ClosedRange<UInt16>, readsRuleset: Bool) {
    self.ports = ports
    var snapshot = HostReader().snapshot()
    var ruleset: Ruleset?
    var gap: RulesetGap?
    if readsRuleset {
      do throws(KernelError) {
        ruleset = try RulesetReader().read(.check)
      } catch .unavailable {
        // Without nf_tables in the kernel no rule of it can be in the way.
        ruleset = Ruleset()
      } catch {
        gap = RulesetGap(message: "\(error)", isPermission: error.isPermission)
      }
    }
    var legacy: [LegacyTable] = []
    do throws(KernelError) {
      if ruleset != nil { legacy = try LegacyTables.read() }
    } catch {
      snapshot.gaps.append("the xtables-legacy tables were not read: \(error)")
    }
    if let ruleset { snapshot.readWhatRulesAsk(ruleset, legacy) }
    elements = ruleset == nil ? nil : try? ElementLookup()
    host = snapshot
    self.ruleset = ruleset
    self.gap = gap
    self.legacy = legacy
    ipSets = ruleset == nil ? nil : IPSetLookup()
    evaluation = Evaluation(
      ruleset: ruleset ?? Ruleset(), host: snapshot, elements: elements, legacy: legacy,
      ipSets: ipSets)
  }

  /// An evaluation of a changed ruleset on the same host.
  func evaluation(of ruleset: Ruleset) -> Evaluation {
    Evaluation(
      ruleset: ruleset, host: host, elements: elements, legacy: legacy,
      ipSets: ipSets)
  }

  /// The sockets of one transport that may have a port; `nil` when the kernel does not tell.
  private func listeners(_ transport: TransportProtocol, on port: Port?) -> [Listener]? {
    guard let port, !ports.contains(port.number) else {
      if let known = listenersByTransport[transport] { return known }
      let found = read([transport], ports)
      listenersByTransport[transport] = found
      return found
    }
    if listenersByPort[port] == nil {
      listenersByPort[port] = read([.tcp, .udp], port.number...port.number)
    }
    return listenersByPort[port]?.filter { $0.transport == transport }
  }

  /// Ports of interest that some socket is bound to, of either transport; empty where the kernel
  /// does not tell.
  var boundPorts: Set<Port> {
    let all = (listeners(.tcp, on: nil) ?? []) + (listeners(.udp, on: nil) ?? [])
    return Set(all.map(\.port))
  }

  private func read(
    _ transports: Set<TransportProtocol>, _ ports: ClosedRange<UInt16>
  ) -> [Listener]? {
    let reader = ListenerReader()
    guard var found = try? reader.listeners(transports: transports, ports: ports) else {
      return nil
    }
    reader.nameDevices(of: &found)
    return found
  }

  /// What the socket table says about a packet; `nil` when it can't be read.
  func listenerEvidence(
    _ transport: TransportProtocol, destination: Endpoint, source: Endpoint?,
    device: InterfaceIndex?, namespace: String? = nil
  ) -> ListenerEvidence? {
    guard var listeners = listeners(transport, on: destination.port) else { return nil }
    func sorted() -> ListenerEvidence {
      ListenerEvidence(
        listeners, transport: transport, destination: destination, source: source,
        device: device, namespace: namespace)
    }
    var evidence = sorted()
    if evidence.matching.isEmpty {
      // Only then does the other protocol's socket on the port tell anything.
      listeners += self.listeners(transport == .tcp ? .udp : .tcp, on: destination.port) ?? []
      evidence = sorted()
    }
    var found = evidence.matching + evidence.near.map(\.listener)
    programs.identify(&found)
    evidence.matching = Array(found.prefix(evidence.matching.count))
    for (place, listener) in found.dropFirst(evidence.matching.count).enumerated() {
      evidence.near[place].listener = listener
    }
    return evidence
  }
}
