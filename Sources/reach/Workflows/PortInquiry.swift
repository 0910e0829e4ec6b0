internal import Kernel
internal import Model
internal import Reporting

/// Gathers the facts about ports that the user named.
struct PortInquiry {
  /// PORT words as typed.
  let words: [String]
  /// `--netns` as typed.
  let namespace: String?

  private let database = ServiceDatabase()

  init(words: [String], namespace: String?) {
    self.words = words
    self.namespace = namespace
  }

  func report() throws(CheckFailure) -> PortReport {
    let ports = try ports()
    do throws(KernelError) {
      guard let namespace else { return report(on: ports) }
      let place = try NetworkNamespace(selector: namespace)
      return try DedicatedThread.run(in: place) { () throws(KernelError) in report(on: ports) }
    } catch {
      throw CheckFailure(
        slug: error.isPermission ? "permission" : "unavailable",
        message: error.isPermission
          ? "\(error); entering a namespace takes root: run it with sudo" : "\(error)",
        status: error.isPermission ? .notPermitted : .unavailable)
    }
  }

  // MARK: Words

  /// The ports, each once. Other than in a check 0 is one of them, and a name means every port that
  /// has it.
  func ports() throws(CheckFailure) -> [Port] {
    var ports: [Port] = []
    var seen: Set<Port> = []
    do throws(PortListError) {
      if words.isEmpty { throw .empty("") }
      for word in words {
        for item in word.split(separator: ",", omittingEmptySubsequences: false) {
          if item.isEmpty { throw .empty(word) }
          for port in try self.ports(String(item)) where seen.insert(port).inserted {
            ports.append(port)
          }
        }
      }
    } catch {
      throw CheckFailure(slug: "usage", message: "\(error)", status: .usage)
    }
    return ports
  }

  private func ports(_ item: String) throws(PortListError) -> [Port] {
    if item == "0" { return [Port(0)] }
    if item.hasPrefix("0-"), let last = UInt16(item.dropFirst(2)) {
      return (0...last).map { Port($0) }
    }
    let services = PortList.ServiceNames(
      port: { name in database.services(named: name).first?.port }, all: { database.names })
    let listed = try PortList([item], services: services).ports
    guard listed.count == 1, UInt16(item) == nil else { return listed }
    return listed + database.services(named: item).map(\.port)
  }

  // MARK: Facts

  private func report(on ports: [Port]) -> PortReport {
    let settings = SettingReader().settings(devices: [], scope: .sockets)
    let sockets = sockets(on: ports)
    let services = services(on: ports)
    let connections = connections(on: ports, besides: sockets ?? [:])
    let facts = ports.map { port in
      PortFacts(
        port: port, services: services[port] ?? [], sockets: sockets.map { $0[port] ?? [] },
        connections: connections[port] ?? [])
    }
    return PortReport(ports: facts, settings: settings, place: NamespaceWords.prefix(namespace))
  }

  /// What has each port; `nil` when the kernel does not tell.
  private func sockets(on ports: [Port]) -> [Port: [Listener]]? {
    let numbers = ports.map(\.number).filter { $0 != 0 }
    guard let first = numbers.min(), let last = numbers.max() else { return [:] }
    let reader = ListenerReader()
    guard var found = try? reader.listeners(transports: [.tcp, .udp], ports: first...last) else {
      return nil
    }
    let wanted = Set(numbers)
    found.removeAll { !wanted.contains($0.port.number) }
    reader.nameDevices(of: &found)
    if !found.isEmpty { ProgramReader().identify(&found) }
    return Dictionary(grouping: found, by: \.port)
  }

  /// Connections whose own end is a port that nothing listens on: outgoing ones.
  private func connections(
    on ports: [Port], besides sockets: [Port: [Listener]]
  ) -> [Port: [SocketRecord]] {
    let free = Set(
      ports.filter { port in
        port.number != 0 && !(sockets[port] ?? []).contains { $0.transport == .tcp }
      })
    guard let first = free.min(), let last = free.max() else { return [:] }
    let selection = SocketRecordReader.Selection(
      transports: [.tcp],
      states: Set(SocketState.allCases).subtracting([.listening, .closed, .timeWait]),
      ports: first.number...last.number)
    var found = (try? SocketRecordReader().records(selection)) ?? []
    found.removeAll { !free.contains($0.listener.port) }
    var listeners = found.map(\.listener)
    if !listeners.isEmpty { ProgramReader().identify(&listeners) }
    for place in found.indices where listeners.indices.contains(place) {
      found[place].listener = listeners[place]
      found[place].holders = listeners[place].program.map { [$0.pid] } ?? []
    }
    return Dictionary(grouping: found, by: \.listener.port)
  }

  /// One pass over the file for many ports, a search for a few.
  private func services(on ports: [Port]) -> [Port: [Service]] {
    if ports.count > 8 { return Dictionary(grouping: database.all, by: \.port) }
    var services: [Port: [Service]] = [:]
    for port in ports { services[port] = database.services(on: port) }
    return services
  }
}
