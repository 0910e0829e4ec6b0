internal import ArgumentParser
internal import Kernel
internal import Model
internal import Reporting

/// `reach listeners [PORT...]`
struct ListenersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "listeners",
    abstract: "Who listens here, since when, and from where each can be reached.",
    discussion: """
      Lists TCP listeners and UDP sockets without a peer as ss -tulnp does, with unit, container \
      and start of the process (SINCE), and evaluates the firewall for each: REACHABLE FROM is \
      here only, local networks, anywhere or nobody, LIMITED BY what keeps the others out. QUEUE \
      is waiting/limit of a listener, received+unacknowledged bytes of others. Sends nothing.

      Exit status: 0, 1 if ports are named and nothing has them, 64 wrong usage, 69 no such \
      namespace, 77 not permitted.
      """)

  @Argument(
    help: ArgumentHelp(
      "Only these: a number, a service name, a range 0-1023, or several with commas.",
      valueName: "port"), completion: .services)
  var ports: [String] = []

  @Flag(name: .shortAndLong, help: "Every TCP state, and UDP sockets with a peer.")
  var all = false

  @Flag(name: .customShort("4"), help: "IPv4 sockets only.")
  var onlyV4 = false

  @Flag(name: .customShort("6"), help: "IPv6 sockets only.")
  var onlyV6 = false

  @Flag(name: [.customShort("t"), .customLong("tcp")], help: "TCP only.")
  var tcp = false

  @Flag(name: [.customShort("u"), .customLong("udp")], help: "UDP only.")
  var udp = false

  @Flag(name: .customShort("n"), help: "No service names.")
  var numeric = false

  @Flag(name: .customShort("l"), help: "Accepted for ss's sake: listeners are what is shown.")
  var listening = false

  @Flag(name: .customShort("p"), help: "Accepted for ss's sake: processes are shown anyway.")
  var processes = false

  @Option(help: ArgumentHelp("Sockets that this process has open; repeatable."))
  var pid: [Int32] = []

  @Option(
    help: ArgumentHelp("Sockets of this user; repeatable.", valueName: "name"), completion: .users)
  var user: [String] = []

  @Option(help: ArgumentHelp("Sockets of this systemd unit; repeatable.", valueName: "name"))
  var unit: [String] = []

  @Option(
    help: ArgumentHelp(
      "Sockets in these states: listen, estab, time-wait.", valueName: "state,..."),
    completion: .list(SocketState.allCases.map(\.name)))
  var state: String?

  @Option(
    help: ArgumentHelp("Sockets bound to an address or a block; repeatable.", valueName: "address"))
  var address: [String] = []

  @Flag(help: "Do not read the firewall.")
  var noFirewall = false

  @Option(
    help: "Look into this network namespace: a name, a path or a pid.", completion: .namespaces)
  var netns: String?

  @Flag(help: "Look into every network namespace.")
  var allNamespaces = false

  @Flag(help: "Cut nothing to fit the terminal.")
  var wide = false

  @Flag(help: "Go on, and show sockets as they come (+) and go (-).")
  var watch = false

  @Flag(help: "JSON (schema reach/listeners/1).")
  var json = false

  @Flag(help: "One JSON object a socket and line.")
  var jsonLines = false

  mutating func validate() throws {
    _ = try states()
    _ = try prefixes()
    if netns != nil, allNamespaces {
      throw ValidationError("--netns and --all-namespaces exclude each other")
    }
    if watch, json { throw ValidationError("--watch goes with --json-lines, not with --json") }
  }

  private func states() throws -> Set<SocketState> {
    guard let state else { return [] }
    return try Set(
      state.split(separator: ",", omittingEmptySubsequences: false).map { word in
        guard let state = SocketState(String(word)) else {
          let known = SocketState.allCases.map(\.name).joined(separator: ", ")
          throw ValidationError("--state: \"\(word)\" is not a state; the states are \(known)")
        }
        return state
      })
  }

  private func prefixes() throws -> [Prefix] {
    try address.map { word in
      guard let prefix = Prefix(word) else {
        throw ValidationError("--address takes an address or a block, not \"\(word)\"")
      }
      return prefix
    }
  }

  /// What the words mean.
  func request() throws -> ListenersRequest {
    var request = ListenersRequest()
    request.ports = ports
    request.isAll = all
    if tcp != udp { request.transports = tcp ? [.tcp] : [.udp] }
    if onlyV4 != onlyV6 { request.families = onlyV4 ? [.v4] : [.v6] }
    request.states = try states()
    request.pids = Set(pid)
    request.users = Set(user)
    request.units = Set(unit)
    request.addresses = try prefixes()
    request.readsFirewall = !noFirewall
    request.isNumeric = numeric
    request.namespace = netns
    request.isEveryNamespace = allNamespaces
    request.isWide = wide
    request.isWatching = watch
    request.format = jsonLines ? .jsonLines : json ? .json : .text
    return request
  }

  mutating func run() throws {
    try ListenersSession(request()).run()
  }
}
