internal import ArgumentParser
internal import Model

/// Options that users' fingers know from nc.
struct ProbeOptions: ParsableArguments {
  @Flag(name: .customShort("4"), help: "IPv4 only.")
  var onlyV4 = false

  @Flag(name: .customShort("6"), help: "IPv6 only.")
  var onlyV6 = false

  @Flag(name: .customShort("u"), help: "UDP instead of TCP.")
  var udp = false

  @Option(
    name: [.customShort("w"), .customLong("timeout")],
    help: ArgumentHelp("Wait this long for an answer.", valueName: "seconds"))
  var timeout: Double = 3

  @Option(
    name: .customShort("s"), help: ArgumentHelp("Send from this address.", valueName: "source"))
  var source: String?

  @Option(
    name: .customShort("p"), help: ArgumentHelp("Send from this port.", valueName: "source-port"))
  var sourcePort: String?

  @Flag(name: .customShort("n"), help: "Look no names up: HOST is an address.")
  var numeric = false

  @Flag(name: .customShort("v"), help: "Show every line of evidence.")
  var verbose = false

  @Flag(name: .customShort("z"), help: "Accepted for nc's sake: a check sends no data anyway.")
  var zero = false

  /// The family asked for, `nil` for both.
  var family: IPFamily? {
    onlyV4 == onlyV6 ? nil : onlyV4 ? .v4 : .v6
  }

  mutating func validate() throws {
    try Self.validate(timeout: timeout, source: source, sourcePort: sourcePort)
  }

  static func validate(timeout: Double, source: String?, sourcePort: String?) throws {
    guard timeout > 0, timeout <= 86400 else {
      throw ValidationError("-w takes seconds between 0 and 86400")
    }
    if let sourcePort, UInt16(sourcePort) == nil || UInt16(sourcePort) == 0 {
      throw ValidationError("-p takes a port from 1 to 65535, not \"\(sourcePort)\"")
    }
    if let source, IPAddress(source) == nil {
      throw ValidationError("-s takes an address of this host, not \"\(source)\"")
    }
  }
}
