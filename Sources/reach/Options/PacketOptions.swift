internal import ArgumentParser
internal import Model

/// The packet that a simulation asks about.
struct PacketOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("It arrives on this interface.", valueName: "interface"),
    completion: .interfaces)
  var `in`: String?

  @Option(
    help: ArgumentHelp(
      "This host sends it, from a socket bound to this interface.", valueName: "interface"),
    completion: .interfaces)
  var out: String?

  @Option(help: ArgumentHelp("Its source; left out, a likely one.", valueName: "addr[:port]"))
  var from: String?

  @Option(help: ArgumentHelp("Its destination.", valueName: "addr:port"))
  var to: String?

  @Flag(help: "UDP instead of TCP.")
  var udp = false

  @Flag(help: "An ICMP or ICMPv6 echo request.")
  var icmp = false

  @Option(
    help: ArgumentHelp(
      "What conntrack says of it: new, established, related, invalid or untracked.",
      valueName: "state"))
  var ctState: String?

  @Option(help: ArgumentHelp("TCP flags, with commas: syn,ack.", valueName: "flag,..."))
  var tcpFlags: String?

  @Option(help: ArgumentHelp("The packet's mark: a number, or 0x and hexadecimal."))
  var mark: String?

  @Option(help: ArgumentHelp("The user whose socket sends it.", valueName: "number"))
  var uid: UInt32?

  mutating func validate() throws {
    guard to != nil else { return }
    _ = try query()
  }

  /// Whether any option says something of a packet.
  var isEmpty: Bool {
    self.in == nil && out == nil && from == nil && to == nil && !udp && !icmp && ctState == nil
      && tcpFlags == nil && mark == nil && uid == nil
  }

  /// The packet, and whether its source was given; otherwise it is the unspecified address.
  func query() throws -> (query: PacketQuery, hasSource: Bool) {
    guard let to else { throw ValidationError("--to ADDR:PORT is missing") }
    guard let destination = Endpoint(to) else {
      throw ValidationError("--to takes ADDR:PORT or [ADDR]:PORT, not \"\(to)\"")
    }
    let family = destination.address.family
    let source = try source(family)
    if `in` != nil, out != nil {
      throw ValidationError("--in (it arrives) and --out (this host sends it) exclude each other")
    }
    if udp, icmp { throw ValidationError("--udp and --icmp exclude each other") }
    let transport: TransportProtocol =
      icmp ? (family == .v4 ? .icmp : .icmpv6) : udp ? .udp : .tcp
    if transport.hasPorts, destination.port == nil {
      throw ValidationError("--to \(to) has no port")
    }
    if icmp, destination.port != nil || source?.port != nil {
      throw ValidationError("ICMP has no ports")
    }
    guard let state = ConntrackState.allCases.first(where: { $0.name == ctState ?? "new" }) else {
      let names = ConntrackState.allCases.map(\.name).joined(separator: ", ")
      throw ValidationError("--ct-state takes one of \(names)")
    }
    var query = PacketQuery(
      transport: transport, source: source ?? Endpoint(family == .v4 ? .anyV4 : .anyV6),
      destination: destination, inputInterface: `in`, outputInterface: out,
      tcpFlags: try flags(), conntrackState: state, mark: try markNumber())
    query.userID = uid ?? 0
    query.isConntrackStateGiven = ctState != nil
    // Only a SYN and a datagram are what an ordinary socket sends.
    query.details.isCrafted = icmp || !udp && query.tcpFlags != .syn
    return (query, source != nil)
  }

  private func source(_ family: IPFamily) throws -> Endpoint? {
    guard let from else { return nil }
    guard let source = Endpoint(from) else {
      throw ValidationError("--from takes ADDR, ADDR:PORT or [ADDR]:PORT, not \"\(from)\"")
    }
    guard source.address.family == family else {
      throw ValidationError("--from and --to are not of one IP version")
    }
    return source
  }

  private func flags() throws -> TCPFlags {
    guard let tcpFlags else { return .syn }
    var flags: TCPFlags = []
    for word in tcpFlags.split(separator: ",") where word != "none" {
      guard let flag = TCPFlags.names.first(where: { $0.1 == word })?.0 else {
        let names = TCPFlags.names.map(\.1).joined(separator: ", ")
        throw ValidationError("--tcp-flags: \"\(word)\" is none of \(names)")
      }
      flags.insert(flag)
    }
    return flags
  }

  private func markNumber() throws -> UInt32 {
    guard let mark else { return 0 }
    let number = mark.hasPrefix("0x") ? UInt32(mark.dropFirst(2), radix: 16) : UInt32(mark)
    guard let number else {
      throw ValidationError("--mark takes a number of 32 bits, not \"\(mark)\"")
    }
    return number
  }
}
