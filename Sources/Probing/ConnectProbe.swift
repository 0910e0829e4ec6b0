internal import Kernel
internal import Model

/// A TCP connect, and the banner after it where one is wanted.
///
/// An ICMP error ends the probe even where the kernel goes on trying: an error that came back while
/// connect(2) held the socket is kept as a soft one (tcp_v4_err in net/ipv4/tcp_ipv4.c), and is
/// evidence all the same.
final class ConnectProbe: Attempt {
  private let request: ProbeRequest
  private let reader: OutcomeReader
  private let socket: Socket
  private let closesWithReset: Bool
  private let patience: Duration
  private let isBulk: Bool
  private var started = MonotonicTime.now
  private var deadline: MonotonicTime
  private var source: Endpoint?
  /// Set once the handshake is through and the banner is awaited.
  private var banner: BannerReader?
  private var connected: ProbeOutcome?

  /// - Parameters:
  ///   - closesWithReset: leave no TIME_WAIT behind, at the price of a RST to the peer.
  ///   - patience: how long to wait for the handshake; `nil`: the settings' timeout.
  ///   - isBulk: one of very many, of whose refusals the source port is of no interest.
  init(
    _ request: ProbeRequest, closesWithReset: Bool, patience: Duration? = nil, isBulk: Bool = false
  ) throws(OpeningError) {
    self.request = request
    self.closesWithReset = closesWithReset
    self.patience = patience ?? request.settings.timeout
    self.isBulk = isBulk
    reader = OutcomeReader(request: request)
    deadline = started + self.patience
    socket = try Socket.make(request)
  }

  func watch(with poller: borrowing Poller, token: UInt64) throws(KernelError) {
    try poller.watch(socket, token: token)
  }

  /// The connection, once it is established, for those who want to go on with it.
  ///
  /// - Throws: `.call` with EMFILE (dup(2)).
  func stream() throws(KernelError) -> ByteStream {
    try ByteStream(duplicating: socket)
  }

  func start(at now: MonotonicTime) -> Progress {
    started = now
    deadline = now + patience
    let target = request.target
    do throws(KernelError) {
      let connection = try socket.connect(
        to: target.address, port: request.port, scope: target.scope)
      if !isBulk { source = socket.localEndpoint }
      return connection == .established ? established(at: .now) : .waiting(until: deadline)
    } catch {
      let number = error.errorNumber ?? .inputOutput
      if number.isShortage { return .again(number) }
      // No free port for this peer (inet_hash_connect, net/ipv4/inet_hashtables.c): they come back.
      if number == .addressNotAvailable || number == .tryAgain {
        return .again(number)
      }
      return failed(number, at: .now)
    }
  }

  func handle(_ readiness: Readiness, at now: MonotonicTime) -> Progress {
    if connected != nil { return readBanner(at: now) }
    // Before the error queue: taking an entry from there clears the pending error
    // (sock_dequeue_err_skb in net/core/skbuff.c).
    let error = socket.takeError()
    let isAlive = readiness.contains(.writable) && readiness.isDisjoint(with: .hungUp)
    // Entries that don't matter (path MTU) leave the event "failed" set on a good connection.
    if error == nil && isAlive { return established(at: now) }
    if let entry = reader.icmp(socket, source: source ?? socket.localEndpoint) {
      return finish(reader.outcome(of: entry), at: now)
    }
    if let error { return failed(error, at: now) }
    return .waiting(until: deadline)
  }

  func wake(at now: MonotonicTime) -> Progress {
    if connected != nil { return readBanner(at: now) }
    guard now >= deadline else { return .waiting(until: deadline) }
    let attempts = 1 + socket.retransmissions
    return .done(
      ProbeOutcome(kind: .timeout, attempts: attempts, source: source ?? socket.localEndpoint))
  }

  /// The outcome of an errno without ICMP behind it.
  private func failed(_ error: ErrorNumber, at now: MonotonicTime) -> Progress {
    switch error {
    case .connectionRefused:
      return finish(ProbeOutcome(kind: .refused, error: error), at: now)
    case .connectionReset, .brokenPipe:
      // A RST to the SYN is ECONNREFUSED; these only come after the handshake (tcp_reset in
      // net/ipv4/tcp_input.c).
      return finish(ProbeOutcome(kind: .connected, error: error), at: now)
    case .timedOut:
      // The kernel gave up first (tcp_syn_retries).
      return finish(ProbeOutcome(kind: .timeout, error: error), at: now)
    default:
      return finish(ProbeOutcome(kind: .error, error: error), at: now)
    }
  }

  private func finish(_ outcome: ProbeOutcome, at now: MonotonicTime) -> Progress {
    var outcome = outcome
    outcome.source = source
    if outcome.kind == .timeout {
      outcome.attempts = 1 + socket.retransmissions
    } else {
      outcome.roundTrip = now - started
      // Longer than the first repetition takes: was it needed?
      if isBulk, now > started + .seconds(1) { outcome.attempts = 1 + socket.retransmissions }
    }
    return .done(outcome)
  }

  private func established(at now: MonotonicTime) -> Progress {
    if source == nil { source = socket.localEndpoint }
    // Of two sockets nobody else has: on loopback TCP can connect to its own port (RFC 9293, 3.5,
    // simultaneous open) when the kernel happens to choose it as source.
    if let source, source.port == request.port, source.address == request.target.address {
      socket.resetOnClose()
      return .again(.addressInUse)
    }
    if closesWithReset { socket.resetOnClose() }
    let outcome = ProbeOutcome(kind: .connected, roundTrip: now - started, source: source)
    guard request.settings.wantsBanner else { return .done(outcome) }
    connected = outcome
    banner = BannerReader(port: request.port, timeout: request.settings.timeout, start: now)
    return readBanner(at: now)
  }

  private func readBanner(at now: MonotonicTime) -> Progress {
    guard var outcome = connected, var reading = banner else { return .waiting(until: deadline) }
    let next = reading.advance(socket, target: request.target.address, at: now)
    banner = reading
    if let next { return .waiting(until: next) }
    if !reading.bytes.isEmpty { outcome.banner = reading.bytes }
    return .done(outcome)
  }
}
