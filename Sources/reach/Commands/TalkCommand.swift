internal import ArgumentParser
internal import Kernel
internal import Model
internal import Probing

/// `reach talk HOST PORT`
struct TalkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "talk",
    abstract: "Talk to a port: telnet and nc, and why where it can't be reached.",
    discussion: """
      Standard input goes to the peer, what the peer says to standard output, byte by byte. On a \
      terminal lines are sent, control characters of the peer's are escaped, and Ctrl-] opens a \
      menu. Telnet is spoken where --telnet says so; on a terminal also on port 23 and with a peer \
      that begins to negotiate: options are refused. There is no TLS: use openssl s_client.

      Exit status: 0, or as that of reach HOST PORT where there is no connection.
      """)

  @Argument(help: "A name or an address; with -U a path.", completion: .hosts)
  var host: String

  @Argument(help: "A number or a service name.", completion: .services)
  var port: String?

  @Flag(name: .customShort("4"), help: "IPv4 only.")
  var onlyV4 = false

  @Flag(name: .customShort("6"), help: "IPv6 only.")
  var onlyV6 = false

  @Flag(name: .customShort("u"), help: "UDP; with -U datagrams.")
  var udp = false

  @Flag(name: .customShort("U"), help: "HOST is the path of a UNIX socket.")
  var local = false

  @Option(
    name: [.customShort("w"), .customLong("timeout")],
    help: ArgumentHelp(
      "Limit for connecting (10 without it), and for silence.", valueName: "seconds"))
  var timeout: Double?

  @Option(
    name: .customShort("s"), help: ArgumentHelp("Send from this address.", valueName: "source"))
  var source: String?

  @Option(
    name: .customShort("p"), help: ArgumentHelp("Send from this port.", valueName: "source-port"))
  var sourcePort: String?

  @Flag(name: .customShort("n"), help: "Look no names up: HOST is an address.")
  var numeric = false

  @Flag(name: .customShort("v"), help: "Say when the connection is there.")
  var verbose = false

  @Flag(name: .customShort("z"), help: "Connect, and that is all.")
  var zero = false

  @Option(
    name: .customShort("x"), help: ArgumentHelp("Go through a proxy.", valueName: "proxy[:port]"))
  var proxy: String?

  @Option(
    name: .customShort("X"),
    help: ArgumentHelp("The proxy's protocol: SOCKS 4 or 5, or HTTP.", valueName: "4|5|connect"))
  var proxyKind: String = "5"

  @OptionGroup
  var transfer: TransferOptions

  @Flag(
    name: [.customShort("t"), .long], inversion: .prefixedNo,
    help: "Speak telnet, or do not.")
  var telnet: Bool?

  @Flag(help: "Send every key as it is typed, without echo.")
  var raw = false

  mutating func validate() throws {
    try ProbeOptions.validate(timeout: timeout ?? 10, source: source, sourcePort: sourcePort)
    if local, port != nil { throw ValidationError("-U takes a path and no port") }
    if local, proxy != nil { throw ValidationError("-U and -x exclude each other") }
    if !local, port == nil, !host.contains(":") { throw ValidationError("PORT is missing") }
    if udp, zero {
      throw ValidationError("-z and -u: a connect tells nothing; ask reach -u HOST PORT")
    }
    if udp, proxy != nil { throw ValidationError("-x takes TCP only, not -u") }
    _ = try proxyRequest()
  }

  private func proxyRequest() throws -> TalkRequest.Proxy? {
    guard let kind = ProxyHandshake.Kind(rawValue: proxyKind) else {
      throw ValidationError("-X takes 4, 5 or connect, not \"\(proxyKind)\"")
    }
    guard let proxy else { return nil }
    if let endpoint = Endpoint(proxy) {
      return TalkRequest.Proxy(
        kind: kind, host: endpoint.address.description, port: endpoint.port ?? kind.defaultPort)
    }
    let parts = proxy.split(separator: ":", omittingEmptySubsequences: false)
    guard let name = parts.first, !name.isEmpty, parts.count <= 2 else {
      throw ValidationError("-x takes PROXY or PROXY:PORT, not \"\(proxy)\"")
    }
    var port = kind.defaultPort
    if parts.count == 2 {
      guard let number = UInt16(parts[1]), number > 0 else {
        throw ValidationError("-x takes a port from 1 to 65535, not \"\(parts[1])\"")
      }
      port = Port(number)
    }
    return TalkRequest.Proxy(kind: kind, host: String(name), port: port)
  }

  /// What the words mean.
  func request() throws -> TalkRequest {
    var request = TalkRequest(
      local ? .path(host) : .port(host: host, ports: port.map { [$0] } ?? []))
    request.check.family = onlyV4 == onlyV6 ? nil : onlyV4 ? .v4 : .v6
    request.check.isUDP = udp
    request.check.timeout = .milliseconds(Int64((timeout ?? 10) * 1000))
    request.check.source = source.flatMap { IPAddress($0) }
    request.check.sourcePort = sourcePort.flatMap { UInt16($0) }.map { Port($0) }
    request.check.isNumeric = numeric
    request.check.isVerbose = verbose
    request.limitsSilence = timeout != nil
    request.proxy = try proxyRequest()
    request.settings = transfer.settings
    request.readsInput = !transfer.detached
    request.onlyConnects = zero
    request.isRaw = raw
    request.telnet = telnet
    request.isUnescaped = transfer.unescaped
    return request
  }

  mutating func run() throws {
    try TalkSession(request()).run()
  }
}
