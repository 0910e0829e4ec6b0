internal import Kernel
internal import Model
internal import Probing
internal import Reporting

/// A temporary listener from request to exit status.
struct ListenSession {
  let request: ListenRequest

  init(_ request: ListenRequest) {
    self.request = request
  }

  /// Connections that may wait to be accepted; the kernel lowers it to net.core.somaxconn.
  private static let backlog: Int32 = 4096

  /// - Throws: `ExitStatus`, always.
  func run() throws {
    do {
      throw try listen()
    } catch let error as CheckFailure {
      Diagnostics.say(error.message)
      throw error.status
    } catch let error as KernelError {
      Diagnostics.say("\(error)" + Self.hint(error))
      throw ExitStatus.unavailable
    }
  }

  private static func hint(_ error: KernelError) -> String {
    switch error.errorNumber {
    case .addressInUse?: "; reach listeners PORT tells who has it"
    case .accessDenied?: "; ports below net.ipv4.ip_unprivileged_port_start take root"
    default: ""
    }
  }

  private var transport: TransportProtocol { request.isUDP ? .udp : .tcp }

  private func port() throws -> Port {
    if request.port == "0" { return Port(0) }
    var check = CheckRequest(host: "", ports: [])
    check.isUDP = request.isUDP
    let ports = try CheckQuestionBuilder(request: check).ports([request.port])
    guard ports.count == 1, let port = ports.first else {
      throw CheckFailure(
        slug: "usage", message: "listen takes one port, not \(ports.count)", status: .usage)
    }
    return port
  }

  private func open(_ port: Port) throws(KernelError) -> Socket {
    if let source = request.source {
      return try Socket.reachable(
        transport, on: ScopedAddress(source), port: port, takesBoth: false)
    }
    if request.family != .v4 {
      do throws(KernelError) {
        return try Socket.reachable(
          transport, on: ScopedAddress(.anyV6), port: port, takesBoth: request.family == nil)
      } catch {
        // A kernel without IPv6.
        let isMissing =
          error.errorNumber == .familyNotSupported || error.errorNumber == .addressNotAvailable
        guard request.family == nil, isMissing else { throw error }
      }
    }
    return try Socket.reachable(
      transport, on: ScopedAddress(.anyV4), port: port, takesBoth: false)
  }

  private func listen() throws -> ExitStatus {
    let port = try port()
    _ = OpenFileLimit.raise(toHold: 65_536)
    let socket = try open(port)
    let isV6Only = socket.family == .v6 && (request.family != nil || request.source != nil)
    let own = socket.localEndpoint ?? Endpoint(.anyV6, port: port)
    let outlook = ListenerOutlook(transport: transport, endpoint: own, isV6Only: isV6Only)
    Diagnostics.say("\(own) (\(transport)) is " + outlook.sentence())
    if !request.isUDP { try socket.listen(backlog: Self.backlog) }
    Diagnostics.say("listening on \(own) (\(transport))")
    let reception = Entrance(
      request: request, names: GuestNames(transport: transport, port: own.port))
    return request.isUDP ? try reception.datagrams(socket) : try reception.connections(socket)
  }
}
