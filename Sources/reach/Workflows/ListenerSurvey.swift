internal import Kernel
internal import Model
internal import Reporting

/// Gathers the sockets that the user asked for, with processes, units and reachability.
final class ListenerSurvey {
  private let request: ListenersRequest
  /// `nil`: every port.
  private let ports: Set<Port>?
  private lazy var services = ServiceDatabase()
  private let users = UserDatabase()
  private var userNames: [UInt32: String] = [:]
  /// Whether some socket's process could not be found.
  private(set) var isProcessMissing = false
  /// Why a ruleset is missing.
  private(set) var gap: HostView.RulesetGap?
  /// Namespaces that could not be looked into.
  private(set) var closedNamespaces: [String] = []

  init(_ request: ListenersRequest, ports: Set<Port>?) {
    self.request = request
    self.ports = ports
  }

  /// Words of rules, by the label of their namespace.
  private var words: [String?: RuleWords] = [:]

  /// A rule that limits a socket, in nft's words.
  func describe(_ record: SocketRecord, _ step: TraceStep) -> String {
    words[record.namespace]?.text(of: step) ?? ""
  }

  /// The sockets, sorted for people: by namespace, port, protocol, address.
  func records() throws(CheckFailure) -> [SocketRecord] {
    isProcessMissing = false
    do throws(KernelError) {
      let records: [SocketRecord]
      if let namespace = request.namespace {
        let place = try NetworkNamespace(selector: namespace)
        records = try DedicatedThread.run(in: place) { () throws(KernelError) in
          try self.sockets(place: "netns:" + namespace, label: nil)
        }
      } else {
        records = try sockets(place: "here", label: nil)
      }
      var all = request.isEveryNamespace ? records + others() : records
      // One walk over /proc does for every namespace.
      identify(&all)
      all.removeAll { !request.wants($0) }
      // Records are large: their places are sorted, by what little the order needs.
      let order = all.map { Self.Order($0) }
      return order.indices.sorted { order[$0] < order[$1] }.map { all[$0] }
    } catch {
      throw CheckFailure(
        slug: error.isPermission ? "permission" : "unavailable",
        message: error.isPermission
          ? "\(error); entering a namespace takes root: run it with sudo" : "\(error)",
        status: error.isPermission ? .notPermitted : .unavailable)
    }
  }

  /// Every other namespace of the host that may be entered.
  private func others() -> [SocketRecord] {
    closedNamespaces = []
    return NamespaceReader().others().flatMap { candidate -> [SocketRecord] in
      do throws(KernelError) {
        return try DedicatedThread.run(in: candidate.namespace) { () throws(KernelError) in
          try self.sockets(place: "netns:" + candidate.label, label: candidate.label)
        }
      } catch {
        closedNamespaces.append(candidate.label)
        return []
      }
    }
  }

  // MARK: One namespace

  private func sockets(place: String, label: String?) throws(KernelError) -> [SocketRecord] {
    let numbers = ports?.map(\.number)
    let range = numbers.flatMap { numbers in
      numbers.min().flatMap { first in numbers.max().map { first...$0 } }
    }
    var records = try SocketRecordReader().records(
      SocketRecordReader.Selection(
        transports: request.transports, families: request.families, states: request.wantedStates,
        ports: range))
    if let ports { records.removeAll { !ports.contains($0.listener.port) } }
    for place in records.indices { records[place].namespace = label }
    if request.readsFirewall, records.contains(where: \.isOpenToAll) {
      judge(&records, place: place)
    }
    return records
  }

  private func identify(_ records: inout [SocketRecord]) {
    let table = ProcessTable(
      holding: Set(records.lazy.map(\.listener.inode).filter { $0 != 0 }))
    let names = request.isNumeric ? [:] : serviceNames(records)
    for place in records.indices {
      let socket = records[place].listener
      records[place].listener.user = userName(socket.userID)
      records[place].service =
        names[ServiceKey(port: socket.port, transport: socket.transport)]
      // The kernel's own sockets, and those that wait for their end, belong to nobody.
      guard socket.inode != 0 else { continue }
      let holders = table.holders(of: socket.inode)
      records[place].holders = holders
      guard let process = table.owner(among: holders) else {
        isProcessMissing = true
        continue
      }
      records[place].process = process
      records[place].listener.program = Program(pid: process.pid, command: process.command)
      records[place].listener.unit = process.unit
    }
  }

  private struct ServiceKey: Hashable {
    var port: Port
    var transport: TransportProtocol
  }

  private func serviceNames(_ records: [SocketRecord]) -> [ServiceKey: String] {
    guard !records.isEmpty else { return [:] }
    return Dictionary(
      services.all.map { (ServiceKey(port: $0.port, transport: $0.transport), $0.name) },
      uniquingKeysWith: { first, _ in first })
  }

  private func userName(_ userID: UInt32) -> String {
    if let known = userNames[userID] { return known }
    let name = users.name(of: userID) ?? String(userID)
    userNames[userID] = name
    return name
  }

  private func judge(_ records: inout [SocketRecord], place: String) {
    let view = HostView(ports: 0...0, readsRuleset: true)
    if gap == nil { gap = view.gap }
    ListenerExposure(view: view, place: place).judge(&records)
    guard let ruleset = view.ruleset else { return }
    words[records.first?.namespace] = RuleWords(
      ruleset: ruleset, interfaces: view.host.interfaces)
  }

  /// What sockets are sorted by.
  private struct Order: Comparable {
    let namespace: String
    let port: Port
    let transport: UInt8
    let address: IPAddress
    let inode: UInt64

    init(_ record: SocketRecord) {
      namespace = record.namespace ?? ""
      port = record.listener.port
      transport = record.listener.transport.rawValue
      address = record.listener.address
      inode = record.listener.inode
    }

    static func < (a: Order, b: Order) -> Bool {
      if a.namespace != b.namespace { return a.namespace < b.namespace }
      if a.port != b.port { return a.port < b.port }
      if a.transport != b.transport { return a.transport < b.transport }
      return a.address != b.address ? a.address < b.address : a.inode < b.inode
    }
  }
}
