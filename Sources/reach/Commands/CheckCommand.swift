internal import ArgumentParser
internal import Kernel
internal import Model
internal import Probing
internal import Reporting

/// `reach HOST PORT...`
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check whether ports can be reached, and say why not. (The default command.)")

  @Argument(
    help: "A name, an address, a block such as 10.0.0.0/24, or several with commas.",
    completion: .hosts)
  var host: String

  @Argument(
    help: "A number, a service name, a range 4505-4511, all, top, top:N, or several with commas.",
    completion: .services)
  var ports: [String] = []

  @OptionGroup(title: "Options as in nc")
  var probe: ProbeOptions

  @Option(
    help: ArgumentHelp("Ask for packets from there; repeatable.", valueName: "origin"),
    completion: .list(["here", "outside"]))
  var from: [String] = []

  @Flag(help: "Show the first bytes that the service sends.")
  var banner = false

  @Flag(help: "Send nothing: sockets, routes and rules alone.")
  var noProbe = false

  @Flag(help: "Do not read the firewall: connections and sockets alone.")
  var noFirewall = false

  @Option(
    help: "Check from inside this network namespace: a name, a path or a pid.",
    completion: .namespaces)
  var netns: String?

  @OptionGroup(title: "Many ports, many hosts")
  var scan: ScanOptions

  @Option(
    help: ArgumentHelp("These states, and no others, are success.", valueName: "state,..."),
    completion: .states)
  var expect: String?

  @Option(
    help: ArgumentHelp(
      "Ask again until it is as wished, at most so long; --wait alone: 60.",
      valueName: "seconds"))
  var wait: String?

  @Flag(help: "Also print the classic commands that show the same.")
  var how = false

  @Flag(help: "One JSON document (schema reach/check/1).")
  var json = false

  @Flag(help: "One JSON result a line, as it is known.")
  var jsonLines = false

  mutating func validate() throws {
    _ = try expectedStates()
    _ = try waitLimit()
  }

  /// The states of `--expect`.
  func expectedStates() throws -> Set<PortState>? {
    guard let expect else { return nil }
    return try Set(
      expect.split(separator: ",", omittingEmptySubsequences: false).map { word in
        guard let state = PortState(rawValue: String(word)) else {
          let known = PortState.allCases.map(\.rawValue).joined(separator: ", ")
          throw ValidationError("--expect: \"\(word)\" is not a state; the states are \(known)")
        }
        return state
      })
  }

  func waitLimit() throws -> Duration? {
    guard let wait else { return nil }
    guard let seconds = Double(wait), seconds > 0, seconds <= 31_536_000 else {
      throw ValidationError("--wait takes seconds, not \"\(wait)\"")
    }
    return .milliseconds(Int64(seconds * 1000))
  }

  /// What the words mean.
  func request() throws -> CheckRequest {
    // With a file of hosts every word is a port.
    var request =
      scan.hostsFrom == nil
      ? CheckRequest(host: host, ports: ports) : CheckRequest(host: "", ports: [host] + ports)
    request.family = probe.family
    request.isUDP = probe.udp
    request.timeout = .milliseconds(Int64(probe.timeout * 1000))
    request.source = probe.source.flatMap { IPAddress($0) }
    request.sourcePort = probe.sourcePort.flatMap { UInt16($0) }.map { Port($0) }
    request.isNumeric = probe.numeric
    request.isVerbose = probe.verbose
    request.origins = from
    request.wantsBanner = banner
    request.isProbing = !noProbe
    request.readsFirewall = !noFirewall
    request.namespace = netns
    scan.apply(to: &request)
    request.expected = try expectedStates()
    request.waitLimit = try waitLimit()
    request.showsCommands = how
    request.format = jsonLines ? .jsonLines : json ? .json : .text
    return request
  }

  mutating func run() throws {
    try CheckSession(request()).run()
  }
}
