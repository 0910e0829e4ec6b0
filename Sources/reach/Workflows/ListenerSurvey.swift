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

  /// The sockets of one namespace.
  private struct Site {
    /// The contract's `where`.
    var place: String
    /// `nil` for the namespace asked about.
    var label: String?
    /// `nil`: the caller's.
    var namespace: NetworkNamespace?
    var records: [SocketRecord] = []

    /// Runs `body` in the namespace.
    func inside<Value>(
      _ body: () throws(KernelError) -> Value
    ) throws(KernelError) -> Value {
      guard let namespace else { return try body() }
      return try DedicatedThread.run(in: namespace, body)
    }
  }

  /// The sockets, sorted for people: by namespace, port, protocol, address.
  func records() throws(CheckFailure) -> [SocketRecord] {
    isProcessMissing = false
    do throws(KernelError) {
      var sites = [try firstSite()]
      if request.isEveryNamespace { sites += others() }
      // One walk over /proc does for every namespace, and firewalls can be asked meanwhile.
      let inodes = Set(sites.lazy.flatMap(\.records).map(\.listener.inode).filter { $0 != 0 })
      let table = ProcessTable(holding: inodes) {
        for place in sites.indices { judge(&sites[place]) }
      }
      var all = sites.flatMap(\.records)
      identify(&all, table)
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

  /// The namespace asked about.
  private func firstSite() throws(KernelError) -> Site {
    var site = Site(place: "here", label: nil, namespace: nil)
    if let word = request.namespace {
      site.place = "netns:" + word
      site.namespace = try NetworkNamespace(selector: word)
    }
    site.records = try site.inside { () throws(KernelError) in try sockets(label: nil) }
    return site
  }

  /// Every other namespace of the host that may be entered.
  private func others() -> [Site] {
    closedNamespaces = []
    return NamespaceReader().others().compactMap { candidate -> Site? in
      var site = Site(
        place: "netns:" + candidate.label, label: candidate.label,
        namespace: candidate.namespace)
      do throws(KernelError) {
        site.records = try site.inside { () throws(KernelError) in
          try sockets(label: candidate.label)
        }
        return site
      } catch {
        closedNamespaces.append(candidate.label)
        return nil
      }
    }
  }

  // MARK: One namespace

  /// The sockets of the calling thread's namespace, without processes.
  private func sockets(label: String?) throws(KernelError) -> [SocketRecord] {
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
    return records
  }

  private func identify(_ records: inout [SocketRecord], _ table: ProcessTable) {
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

  /// Asks the firewall of a namespace about its sockets. One that has gone meanwhile says nothing.
  private func judge(_ site: inout Site) {
    guard request.readsFirewall, site.records.contains(where: \.isOpenToAll) else { return }
    var records = site.records
    site.records = []
    let place = site.place
    let view = try? site.inside { () throws(KernelError) in
      let view = HostView(ports: 0...0, readsRuleset: true)
      ListenerExposure(view: view, place: place).judge(&records)
      return view
    }
    site.records = records
    guard let view else { return }
    if gap == nil { gap = view.gap }
    guard let ruleset = view.ruleset else { return }
    words[site.label] = RuleWords(ruleset: ruleset, interfaces: view.host.interfaces)
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
