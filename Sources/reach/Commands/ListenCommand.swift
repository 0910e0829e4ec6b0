internal import ArgumentParser
internal import Model
internal import Probing

/// `reach listen PORT`
struct ListenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "listen",
    abstract: "Listen on a port for a while, to test a path from elsewhere (nc -l).",
    discussion: """
      Says first from where the firewall would let anybody in, then who connects. What they say \
      goes to standard output, standard input goes to them. Without -k it ends with the first \
      connection, as nc -l does. There is no TLS.

      Exit status: 0, 64 wrong usage, 69 it could not listen, 130 interrupted.
      """)

  @Argument(
    help: "A number or a service name; 0 leaves the choice to the kernel.", completion: .services)
  var port: String

  @Flag(name: .customShort("k"), help: "Go on: take all that come, at once.")
  var keep = false

  @Flag(name: .customShort("4"), help: "IPv4 only.")
  var onlyV4 = false

  @Flag(name: .customShort("6"), help: "IPv6 only.")
  var onlyV6 = false

  @Flag(name: .customShort("u"), help: "UDP; with -k nothing of standard input is sent.")
  var udp = false

  @Option(
    name: .customShort("s"),
    help: ArgumentHelp("On this address only; otherwise on all.", valueName: "address"))
  var source: String?

  @Option(
    name: .customShort("w"),
    help: ArgumentHelp("Not with -k: end when nothing moves for so long.", valueName: "seconds"))
  var timeout: Double?

  @Flag(help: "Send back what comes.")
  var echo = false

  @Option(help: "Send this line to everybody first.")
  var banner: String?

  @OptionGroup
  var transfer: TransferOptions

  @Flag(name: .customShort("n"), help: "Accepted for nc's sake: no name is looked up.")
  var numeric = false

  @Flag(name: .customShort("v"), help: "Say who leaves; with -k name local programs too.")
  var verbose = false

  mutating func validate() throws {
    try ProbeOptions.validate(timeout: timeout ?? 10, source: source, sourcePort: nil)
    if let source, let address = IPAddress(source), onlyV4 != onlyV6,
      address.family != (onlyV4 ? .v4 : .v6)
    {
      throw ValidationError("-s \(source) is not of the IP version asked for")
    }
    if keep, timeout != nil || transfer.interval != nil || transfer.quit != nil {
      throw ValidationError("-w, -i and -q are about one connection, and do not go with -k")
    }
  }

  mutating func run() throws {
    var request = ListenRequest(port: port)
    request.isUDP = udp
    request.family = onlyV4 == onlyV6 ? nil : onlyV4 ? .v4 : .v6
    request.source = source.flatMap { IPAddress($0) }
    request.keepsListening = keep
    request.banner = banner
    request.isVerbose = verbose
    request.idleLimit = timeout.map { .milliseconds(Int64($0 * 1000)) }
    request.settings = transfer.settings
    request.settings.echoes = echo
    request.readsInput = !transfer.detached
    request.isUnescaped = transfer.unescaped
    try ListenSession(request).run()
  }
}
